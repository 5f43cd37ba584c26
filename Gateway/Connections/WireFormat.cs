namespace RigKafka.Connections;

/// <summary>
/// How events look on one wire. The bytes are made once and shared by all connections with this format,
/// so nothing in them may depend on who receives them.
/// </summary>
internal abstract class WireFormat
{
    private static int _count;

    /// <summary>How many formats there are in this process.</summary>
    public static int Count => Volatile.Read(ref _count);

    /// <summary>The number of this format, for tables by format.</summary>
    public int Slot { get; } = Interlocked.Increment(ref _count) - 1;

    /// <summary>Whether its clients hear by topic alone, so that a notice to a connection is said on each of its topics.</summary>
    public virtual bool IsByTopic => false;

    /// <summary>Whether its events have ids.</summary>
    public virtual bool HasIds => true;

    /// <summary>The frame of an event.</summary>
    public abstract byte[] Encode(Event pushed);

    /// <summary>The sign of life of a quiet connection; empty where the transport needs none.</summary>
    /// <param name="id">The node's position, as text.</param>
    public abstract byte[] Heartbeat(ReadOnlySpan<byte> id);

    /// <summary>
    /// Every third sign of life, see <see cref="HeartbeatWheel.IsPositionTurn"/>. Where clients overlook an id without data, it tells the
    /// position once more, with data.
    /// </summary>
    /// <param name="id">The node's position, as text.</param>
    public virtual byte[] HeartbeatWithPosition(ReadOnlySpan<byte> id) => Heartbeat(id);

    /// <summary>What ends the wire itself, after the event that says why; empty where the transport has nothing.</summary>
    public abstract byte[] End(CloseReason reason);
}
