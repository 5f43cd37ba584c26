namespace RigKafka.Direct;

/// <summary>
/// Whom the events of a loop are for. Each has a place and the generation of that place, so that an event that was on its way when the
/// place was given up finds nobody, also where another one has it by then. Safe for any number of threads.
/// </summary>
internal sealed class EpollTargets
{
    private const int None = -1;

    private readonly Lock _lock = new();
    private Place[] _places = new Place[64];
    private int _used;
    private int _free = None;

    /// <summary>Every target there is.</summary>
    public IReadOnlyList<IEpollTarget> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _places.Select(place => place.Target).OfType<IEpollTarget>()];
            }
        }
    }

    /// <summary>Gives a target a place, and returns the key that its events have.</summary>
    public ulong Add(IEpollTarget target)
    {
        lock (_lock)
        {
            var index = _free;
            if (index == None)
            {
                index = _used++;
                if (index == _places.Length)
                {
                    Array.Resize(ref _places, index * 2);
                }
            }
            else
            {
                _free = _places[index].NextFree;
            }

            ref var place = ref _places[index];
            place.Target = target;
            return ((ulong)place.Generation << 32) | (uint)index;
        }
    }

    /// <summary>Has another target get the events from here on.</summary>
    public void Replace(ulong key, IEpollTarget target)
    {
        lock (_lock)
        {
            if (Find(key, out var index))
            {
                _places[index].Target = target;
            }
        }
    }

    /// <summary>Gives a place up. Does nothing the second time.</summary>
    public void Remove(ulong key)
    {
        lock (_lock)
        {
            if (!Find(key, out var index))
            {
                return;
            }

            ref var place = ref _places[index];
            place.Target = null;
            place.Generation++;
            place.NextFree = _free;
            _free = index;
        }
    }

    /// <summary>Whom an event is for; null when its place was given up.</summary>
    public IEpollTarget? Find(ulong key)
    {
        lock (_lock)
        {
            return Find(key, out var index) ? _places[index].Target : null;
        }
    }

    private bool Find(ulong key, out int index)
    {
        index = (int)(uint)key;
        return (uint)index < (uint)_used && _places[index].Generation == (uint)(key >> 32);
    }

    private struct Place
    {
        public IEpollTarget? Target;
        public uint Generation;
        public int NextFree;
    }
}
