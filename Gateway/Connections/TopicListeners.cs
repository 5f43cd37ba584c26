namespace RigKafka.Connections;

/// <summary>The channels of one topic, a list for each delivery loop.</summary>
internal sealed class TopicListeners(string topic, DeliveryLoop[] loops)
{
    /// <summary>Up to how many listeners it is cheaper to write to at once than to wake a thread for.</summary>
    private const int Few = 8;

    private readonly PerLoop[] _perLoop = new PerLoop[loops.Length];

    public string Topic => topic;

    /// <summary>How many channels there are. Under <see cref="ConnectionRegistry.TotalOrder"/>.</summary>
    public int Listeners => _perLoop.Sum(loop => loop.Count);

    /// <summary>Hands an event to every loop that has listeners. Under <see cref="ConnectionRegistry.TotalOrder"/>.</summary>
    /// <param name="pushed">The event.</param>
    /// <param name="idle">
    /// Gets the idle loops with so little to do that the caller should run them itself, once it has released the lock.
    /// </param>
    public void Post(Event pushed, List<DeliveryLoop> idle)
    {
        for (var i = 0; i < _perLoop.Length; i++)
        {
            var listeners = _perLoop[i].Count;
            if (listeners == 0 || !loops[i].Deliver(this, pushed, listeners))
            {
                continue;
            }

            if (listeners <= Few)
            {
                idle.Add(loops[i]);
            }
            else
            {
                loops[i].Schedule();
            }
        }
    }

    /// <summary>Counts a channel in. Under <see cref="ConnectionRegistry.TotalOrder"/>.</summary>
    public void Count(Channel channel) => _perLoop[channel.Connection.Loop.Number].Count++;

    /// <summary>Counts a channel out and says whether none is left. Under <see cref="ConnectionRegistry.TotalOrder"/>.</summary>
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
