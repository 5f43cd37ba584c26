namespace RigKafka.Connections;

/// <summary>What a delivery loop can be asked to do.</summary>
internal enum LoopItemKind : byte
{
    Deliver,
    Join,
    Leave,
    Heartbeat,
    Broadcast,
    CloseAll,
    CloseSome,
    Start,
    Release,
    WriteOn,
    Send,
    SendLast,
    Close,
    Renew,
    EndDue,
}

/// <summary>One thing that a delivery loop is to do.</summary>
/// <param name="Kind">What.</param>
/// <param name="Target">To what or to whom.</param>
/// <param name="Value">With what, where the kind has something.</param>
internal readonly record struct LoopItem(LoopItemKind Kind, object Target, object? Value);

/// <summary>
/// What a delivery loop has yet to do: in order what must keep the node's total order, urgent what concerns a single connection. Knows
/// whether the loop is scheduled already, whether it pauses what is in order, and when the fan-out has to wait. Safe for any number of
/// threads.
/// </summary>
/// <param name="mostBytes">How many bytes of frames may be left to deliver before the fan-out waits.</param>
internal sealed class LoopQueues(int mostBytes)
{
    /// <summary>How many deliveries may be left: with the bytes it bounds the delay of an urgent item and the memory of a batch.</summary>
    private const int MostDeliveries = 100_000;

    private readonly Lock _gate = new();
    private List<LoopItem> _ordered = [];
    private List<LoopItem> _urgent = [];
    private List<LoopItem> _spareOrdered = [];
    private List<LoopItem> _spareUrgent = [];
    private int _deliveriesLeft;
    private int _bytesLeft;
    private bool _isScheduled;
    private TaskCompletionSource? _room;

    /// <summary>Null while there is room for more events, else completes when there is.</summary>
    public Task? Room
    {
        get
        {
            if (Volatile.Read(ref _deliveriesLeft) < MostDeliveries && Volatile.Read(ref _bytesLeft) < mostBytes)
            {
                return null;
            }

            lock (_gate)
            {
                return IsFull ? (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : null;
            }
        }
    }

    /// <summary>Whether what is in order waits, because most clients are behind. Changed by the loop alone.</summary>
    public bool IsPaused { get; private set; }

    private bool IsFull => _deliveriesLeft >= MostDeliveries || _bytesLeft >= mostBytes;

    /// <summary>Adds in order. True when the caller has to schedule the loop.</summary>
    /// <param name="item">What to do.</param>
    /// <param name="deliveries">How many deliveries it makes.</param>
    /// <param name="bytes">About how many bytes each of them has.</param>
    public bool Add(LoopItem item, int deliveries = 0, int bytes = 0)
    {
        lock (_gate)
        {
            _ordered.Add(item);
            _deliveriesLeft += deliveries;
            _bytesLeft += bytes;
            return !IsPaused && MustSchedule();
        }
    }

    /// <summary>Adds what need not wait for its turn. True when the caller has to schedule the loop.</summary>
    public bool Urge(LoopItem item)
    {
        lock (_gate)
        {
            _urgent.Add(item);
            return MustSchedule();
        }
    }

    /// <summary>Asks the loop to look again. True when the caller has to schedule it.</summary>
    public bool Wake()
    {
        lock (_gate)
        {
            return MustSchedule();
        }
    }

    /// <summary>
    /// Takes all there is; nothing in order while that pauses. For the loop, which returns the lists by <see cref="Rest"/>.
    /// </summary>
    public (List<LoopItem> Urgent, List<LoopItem>? Ordered) Take()
    {
        lock (_gate)
        {
            (var urgent, _urgent) = (_urgent, _spareUrgent);
            if (IsPaused)
            {
                return (urgent, null);
            }

            (var ordered, _ordered) = (_ordered, _spareOrdered);
            _deliveriesLeft = 0;
            _bytesLeft = 0;
            _room?.SetResult();
            _room = null;
            return (urgent, ordered);
        }
    }

    /// <summary>Ends a turn of the loop. True when it has to be scheduled for another one.</summary>
    /// <param name="urgent">What it took, and has done.</param>
    /// <param name="ordered">The same.</param>
    /// <param name="pause">Whether what is in order has to wait.</param>
    public bool Rest(List<LoopItem> urgent, List<LoopItem>? ordered, bool pause)
    {
        urgent.Clear();
        ordered?.Clear();
        lock (_gate)
        {
            _spareUrgent = urgent;
            _spareOrdered = ordered ?? _spareOrdered;
            IsPaused = pause;
            return _isScheduled = _urgent.Count > 0 || (_ordered.Count > 0 && !pause);
        }
    }

    private bool MustSchedule()
    {
        if (_isScheduled)
        {
            return false;
        }

        _isScheduled = true;
        return true;
    }
}
