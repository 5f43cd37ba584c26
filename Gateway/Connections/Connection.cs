namespace RigKafka.Connections;

/// <summary>Who holds a connection: what its token says that can end it.</summary>
/// <param name="Session">The token's <c>jti</c>.</param>
/// <param name="User">The user's name; null when the token has none.</param>
/// <param name="IssuedAt">The token's <c>iat</c> in whole seconds since the Unix epoch; null when it has none.</param>
/// <param name="Expires">When the gateway stops taking the token.</param>
internal sealed record Holder(string Session, string? User, long? IssuedAt, DateTimeOffset Expires);

/// <summary>
/// One client on one transport, from accept to close. All that is sent to it goes through its outbox, by its delivery loop.
/// </summary>
internal sealed class Connection(DeliveryLoop loop, Wire wire, WireFormat format, string transport, Holder? holder = null)
{
    private TaskCompletionSource<CloseReason>? _closed;

    /// <summary>The frames that wait; only its loop may touch this and what follows.</summary>
    public Outbox Outbox;

    /// <summary>Whether it is behind.</summary>
    public Backpressure.Standing Standing;

    /// <summary>Where it is in the heartbeat wheel.</summary>
    public HeartbeatWheel.Place Wheel;

    /// <summary>Which of this node's connections it is: 1 for the first.</summary>
    public long Id { get; init; }

    public DeliveryLoop Loop => loop;

    public Wire Wire => wire;

    public WireFormat Format => format;

    /// <summary>The name of the transport, for the metrics.</summary>
    public string Transport => transport;

    /// <summary>Who holds it, where that is known. Changed by <see cref="Renew"/>, under the lock of <see cref="SessionIndex"/>.</summary>
    public Holder? Holder { get; set; } = holder;

    /// <summary>Completes with the reason once the connection has ended and nothing more will be written to its wire.</summary>
    /// <remarks>Made when it is asked for: most streams end by their wire, and nobody waits.</remarks>
    public Task<CloseReason> Closed
    {
        get
        {
            if (Volatile.Read(ref _closed) is not { } closed)
            {
                var made = new TaskCompletionSource<CloseReason>(TaskCreationOptions.RunContinuationsAsynchronously);
                closed = Interlocked.CompareExchange(ref _closed, made, null) ?? made;
            }

            if (IsEnded)
            {
                closed.TrySetResult(Closing!);
            }

            return closed.Task;
        }
    }

    /// <summary>
    /// The newest channel; the others follow by <see cref="Channel.NextOfConnection"/>. Under <see cref="ConnectionRegistry.TotalOrder"/>.
    /// </summary>
    public Channel? Channels { get; set; }

    /// <summary>Whether frames are held back, because what must come first has not been written yet.</summary>
    public bool IsHeld { get; set; } = true;

    /// <summary>What takes the events of the whole connection, where its client hears all topics as one stream.</summary>
    public Hold? Hold { get; set; }

    /// <summary>Whether it has, or had, a channel whose client asked for ids.</summary>
    public bool HasIdsByTopic { get; set; }

    /// <summary>Whether the socket is full and a write waits for it.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>The result of that write, see <see cref="Connections.Wire.WriteAsync"/>.</summary>
    public int Written { get; set; }

    /// <summary>Whether there are frames to write in this batch.</summary>
    public bool IsDirty { get; set; }

    /// <summary>The batch in which it last got a frame, as its loop counts them.</summary>
    public int Batch { get; set; }

    /// <summary>Whether it was behind when that batch began.</summary>
    public bool WasBehind { get; set; }

    /// <summary>Why it is being closed; null while it is open.</summary>
    public CloseReason? Closing { get; set; }

    /// <summary>Whether it is being told why, and has until <see cref="DueAt"/> to read that.</summary>
    public bool HasLastWords { get; set; }

    public bool IsEnded { get; private set; }

    /// <summary>
    /// Whether the registry has forgotten it, so that it can join nothing any more. Under <see cref="ConnectionRegistry.TotalOrder"/>.
    /// </summary>
    public bool IsRemoved { get; set; }

    /// <summary>The place in <see cref="SessionIndex"/>, under whose lock it is.</summary>
    public LinkedListNode<Connection> OfSession => field ??= new LinkedListNode<Connection>(this);

    /// <summary>The place in <see cref="SessionIndex"/>, under whose lock it is.</summary>
    public LinkedListNode<Connection> OfUser => field ??= new LinkedListNode<Connection>(this);

    /// <summary>When it ends with its token, see <see cref="ExpiryRule.EndOf"/>.</summary>
    public long ExpiresAt { get; set; } = long.MaxValue;

    /// <summary>Whether the client knows that its token ends soon.</summary>
    public bool IsExpiryTold { get; set; }

    /// <summary>When its loop looks at it next, see <see cref="Deadlines"/>; 0 for never.</summary>
    public long DueAt { get; set; }

    /// <summary>Lets events through, once what comes first has been written to the wire by other means.</summary>
    public void Start() => loop.Start(this);

    /// <summary>Sends a frame of its own: after those sent before in this way, but in no order towards events.</summary>
    public void Send(byte[] frame) => loop.Send(this, frame);

    /// <summary>Sends the frame that ends the connection, since its client has left or made a mistake: no event comes after it.</summary>
    public void SendLast(byte[] frame) => loop.SendLast(this, frame);

    /// <summary>
    /// Its client has shown another token of the same user: from here on it is found by that one's session, and ends with it. Too late once
    /// it is being closed.
    /// </summary>
    public void Renew(Holder renewed) => loop.Renew(this, renewed);

    /// <summary>Says why, and ends it. The first reason counts.</summary>
    public void Close(CloseReason reason) => loop.Close(this, reason);

    public void End(CloseReason reason)
    {
        IsEnded = true;
        // Either this sees who asks, or that one sees that it has ended.
        Interlocked.MemoryBarrier();
        _closed?.TrySetResult(reason);
    }
}
