namespace RigKafka.Direct;

/// <summary>Whom an epoll loop tells what happens to a socket.</summary>
internal interface IEpollTarget
{
    /// <summary>Called by the loop's thread, which must not be held up.</summary>
    void OnEvents(EpollEvents events);

    /// <summary>Called when the loop ends, and nothing will be told any more: what it owns must be closed.</summary>
    void OnLoopEnd();
}

/// <summary>What can happen to a socket, in Linux's numbers.</summary>
[Flags]
internal enum EpollEvents : uint
{
    None = 0,
    In = 0x1,
    Out = 0x4,
    Error = 0x8,
    HangUp = 0x10,

    /// <summary>The client has ended its side, or the connection.</summary>
    ReadHangUp = 0x2000,

    /// <summary>Only changes are told.</summary>
    Edge = 1u << 31,

    /// <summary>All that concerns a connection.</summary>
    Connection = In | Out | ReadHangUp | Edge,

    /// <summary>The client sends nothing more, at the least.</summary>
    Ended = ReadHangUp | HangUp | Error,
}
