using RigKafka.Connections;

namespace RigKafka.Tests.Delivery;

/// <summary>A client of a story, which stops anywhere and comes back to any node.</summary>
internal abstract class StoryClient(string name, string user)
{
    private readonly List<ResumeFault> _faults = [];

    public string Name => name;

    public string User => user;

    /// <summary>The node that it is connected to, or was last.</summary>
    public StoryNode? Node { get; protected set; }

    public StoryWire Wire { get; protected set; } = new();

    /// <summary>Whether its connection is open. The connections of a node that has stopped break.</summary>
    public bool IsThere => Connection is { Closed.IsCompleted: false } && !Node!.IsStopped;

    /// <summary>Whether it has asked for something and has no answer yet.</summary>
    public abstract bool IsBusy { get; }

    /// <summary>Whether it hears everything that it wants.</summary>
    public abstract bool IsWhole { get; }

    public abstract IEnumerable<ResumeView> Views { get; }

    public IEnumerable<ResumeFault> Faults => Views.SelectMany(view => view.Faults).Concat(_faults);

    /// <summary>Whether it has read slowly on this connection, so that there may be too much for it.</summary>
    public bool IsSlow { get; private set; }

    protected Connection? Connection { get; set; }

    /// <summary>Comes to a node, with what it has.</summary>
    public void ComeTo(StoryNode node)
    {
        Stop();
        (Node, Wire, IsSlow) = (node, new StoryWire(), false);
        Open(node, Wire);
        node.Touch();
    }

    /// <summary>Goes away: has read what it has, and goes on from some event of it.</summary>
    public void Go(Random random)
    {
        if (Connection is not null)
        {
            var unread = Fetch();
            Take(random.Next(2) == 0 ? unread[..Break(unread.Length, random)] : unread);
        }

        Stop();
        Choose(random);
    }

    /// <summary>Reads so many bytes and then no more; or all again.</summary>
    public void Read(long bytes)
    {
        IsSlow |= bytes != long.MaxValue;
        Wire.Read(bytes);
        Node?.Touch();
    }

    /// <summary>Looks at what has come.</summary>
    public void Look()
    {
        if (Connection is not null)
        {
            Take(Fetch());
        }
    }

    /// <summary>Asks for something else on the same connection.</summary>
    public virtual void Change(Random random)
    {
    }

    /// <summary>Joins what it has left.</summary>
    public virtual void Mend()
    {
    }

    protected abstract void Open(StoryNode node, StoryWire wire);

    /// <summary>What has come since it last looked.</summary>
    protected virtual byte[] Fetch() => Wire.Look();

    /// <summary>How much of that it gets if the connection breaks: also a part of a frame.</summary>
    protected virtual int Break(int length, Random random) => random.Next(length + 1);

    protected virtual void Abort() => Wire.Abort();

    protected abstract void Take(byte[] bytes);

    /// <summary>Chooses the ids from which it goes on.</summary>
    protected abstract void Choose(Random random);

    protected void Fault(ResumeFaultKind kind, string what) => _faults.Add(new ResumeFault(kind, name, what));

    /// <summary>An id of those that a client was given: mostly the last.</summary>
    protected static string? Some(Random random, ResumeView view, string? before) => view.Ids.Count == 0
        ? before
        : view.Ids[random.Next(3) == 0 ? random.Next(view.Ids.Count) : view.Ids.Count - 1];

    private void Stop()
    {
        Abort();
        Connection?.Close(CloseReason.ClientGone);
        Node?.Touch();
        Connection = null;
    }
}
