namespace RigKafka.Connections;

/// <summary>Where the bytes of one connection go. Used by one delivery loop, which never has two writes under way.</summary>
internal abstract class Wire
{
    /// <summary>
    /// Completes when nothing that was taken is under way any more, with an error if it could not go. To be awaited, once nothing more is
    /// written, before what the wire writes to is ended.
    /// </summary>
    public virtual Task Idle => Task.CompletedTask;

    /// <summary>Whether all that was taken has left this process.</summary>
    public virtual bool IsIdle => Idle.IsCompleted;

    /// <summary>Whether a <see cref="WriteAsync"/> that waits has its bytes already, so that the client may get part of them.</summary>
    public abstract bool HoldsBytes { get; }

    /// <summary>
    /// Takes as many bytes as go without waiting and says how many; fewer than given: the client is behind; -1: it is gone.
    /// </summary>
    public abstract int TryWrite(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Waits until the client takes some of these bytes and says how many; 0: they have to be tried again; -1: it is gone. Does not throw.
    /// </summary>
    public abstract ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Breaks the connection off, whatever is still under way.</summary>
    public abstract void Abort();

    /// <summary>The connection has ended, and nothing more will be written. For a wire that has to end by itself what it writes to.</summary>
    /// <param name="reason">Why.</param>
    public virtual void Finish(CloseReason reason)
    {
    }
}
