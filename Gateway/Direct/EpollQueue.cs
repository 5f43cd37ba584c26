using System.Runtime.InteropServices;

namespace RigKafka.Direct;

/// <summary>
/// Where Linux puts what of an <c>epoll_event</c>: on x86-64 it is packed, elsewhere its data is aligned. (arm64 has not been tried.)
/// </summary>
/// <param name="Size">How many bytes it takes.</param>
/// <param name="DataOffset">Where its eight bytes of data begin.</param>
internal readonly record struct EpollLayout(int Size, int DataOffset)
{
    public static EpollLayout Of(Architecture architecture) =>
        architecture == Architecture.X64 ? new EpollLayout(12, 4) : new EpollLayout(16, 8);
}

/// <summary>Linux's epoll: sockets, and the events that they have.</summary>
internal sealed class EpollQueue : SafeHandle
{
    /// <summary>How many events are taken at once.</summary>
    private const int Most = 256;

    private const int CloseOnExec = 0x80000;
    private const int AddOperation = 1;
    private const int ChangeOperation = 3;

    private readonly EpollLayout _layout = EpollLayout.Of(RuntimeInformation.ProcessArchitecture);
    private readonly byte[] _events;

    public EpollQueue()
        : base(-1, ownsHandle: true)
    {
        SetHandle(Create(CloseOnExec));
        if (IsInvalid)
        {
            throw new IOException($"epoll_create1 failed with {Marshal.GetLastPInvokeError()}.");
        }

        _events = GC.AllocateArray<byte>(Most * _layout.Size, pinned: true);
    }

    /// <summary>Whether this machine has it, and its layout is known.</summary>
    public static bool IsSupported =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    public override bool IsInvalid => handle == -1;

    /// <summary>Waits for these events of a socket too. False when the system cannot, or the socket is closed.</summary>
    public bool Add(SafeHandle socket, EpollEvents events, ulong data) => Control(AddOperation, socket, events, data);

    /// <summary>Waits for these events instead, and tells anew which of them are there.</summary>
    public bool Change(SafeHandle socket, EpollEvents events, ulong data) => Control(ChangeOperation, socket, events, data);

    /// <summary>Waits until there are events, and says how many; see <see cref="this[int]"/>.</summary>
    public int Wait() => Math.Max(0, Wait(this, ref MemoryMarshal.GetArrayDataReference(_events), Most, -1));

    /// <summary>One of the events that the last wait has brought.</summary>
    public (EpollEvents Events, ulong Data) this[int index]
    {
        get
        {
            var one = _events.AsSpan(index * _layout.Size, _layout.Size);
            return (MemoryMarshal.Read<EpollEvents>(one), MemoryMarshal.Read<ulong>(one[_layout.DataOffset..]));
        }
    }

    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    private bool Control(int operation, SafeHandle socket, EpollEvents events, ulong data)
    {
        Span<byte> one = stackalloc byte[_layout.Size];
        one.Clear();
        MemoryMarshal.Write(one, events);
        MemoryMarshal.Write(one[_layout.DataOffset..], data);
        try
        {
            return Control(this, operation, socket, in MemoryMarshal.GetReference(one)) == 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Create(int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Control(EpollQueue epoll, int operation, SafeHandle socket, in byte one);

    [DllImport("libc", EntryPoint = "epoll_wait")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Wait(EpollQueue epoll, ref byte events, int most, int timeout);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Close(int descriptor);
}
