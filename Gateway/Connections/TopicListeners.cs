namespace RigKafka.Connections;

/// <summary>The channels of one topic, a list for each delivery loop.</summary>
internal sealed class TopicListeners(string topic, DeliveryLoop[] loops)
{
    private readonly PerLoop[] _perLoop = new PerLoop[loops.Length];

    public string Topic => topic;

    /// <summary>Hands an event to every loop that has listeners. Under the registry's <see cref="ConnectionRegistry.Order"/>.</summary>
    public void Post(Event pushed)
    {
        for (var i = 0; i < _perLoop.Length; i++)
        {
            if (_perLoop[i].Count > 0)
            {
                loops[i].Deliver(this, pushed, _perLoop[i].Count);
            }
        }
    }

    /// <summary>Counts a channel in. Under the registry's <see cref="ConnectionRegistry.Order"/>.</summary>
    public void Count(Channel channel) => _perLoop[channel.Connection.Loop.Number].Count++;

    /// <summary>Counts a channel out and says whether nobody is left. Under the registry's <see cref="ConnectionRegistry.Order"/>.</summary>
    public bool Discount(Channel channel)
    {
        _perLoop[channel.Connection.Loop.Number].Count--;
        return Array.TrueForAll(_perLoop, loop => loop.Count == 0);
    }

    /// <summary>The first channel in a loop's list; for that loop only.</summary>
    public Channel? First(DeliveryLoop loop) => _perLoop[loop.Number].First;

    public void Link(Channel channel)
    {
        ref var first = ref _perLoop[channel.Connection.Loop.Number].First;
        channel.Next = first;
        first?.Previous = channel;
        first = channel;
        channel.IsLinked = true;
    }

    public void Unlink(Channel channel)
    {
        if (!channel.IsLinked)
        {
            return;
        }

        channel.Next?.Previous = channel.Previous;
        if (channel.Previous is { } previous)
        {
            previous.Next = channel.Next;
        }
        else
        {
            _perLoop[channel.Connection.Loop.Number].First = channel.Next;
        }

        // The links stay: a loop that stands on this channel while it ends goes on from here.
        channel.IsLinked = false;
    }

    private struct PerLoop
    {
        public Channel? First;
        public int Count;
    }
}
