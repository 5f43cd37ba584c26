using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RigKafka.Direct;

/// <summary>
/// The descriptor of an accepted TCP socket, which is never waited for, and Linux's calls on it. A call that is under way keeps the
/// descriptor from being closed, and so from being used again.
/// </summary>
internal sealed class DirectSocket : SafeHandle
{
    /// <summary>Nothing can be sent or received now: epoll tells when.</summary>
    public const int Later = -1;

    /// <summary>The connection is broken, or the socket is closed.</summary>
    public const int Broken = -2;

    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int ShutWrite = 1;
    private const int SolSocket = 1;
    private const int SoLinger = 13;

    private DirectSocket(int descriptor)
        : base(-1, ownsHandle: true) => SetHandle(descriptor);

    public override bool IsInvalid => handle == -1;

    /// <summary>Takes a connection from a listening socket's queue; null when there is none, or none can be taken now.</summary>
    /// <param name="listener">The socket, which does not block.</param>
    /// <param name="remote">Filled with the client's address.</param>
    /// <param name="isShort">Whether there may be one, but the system has no file or no memory for it.</param>
    public static DirectSocket? Accept(SafeHandle listener, SocketAddress remote, out bool isShort)
    {
        isShort = false;
        while (true)
        {
            var length = remote.Size;
            int descriptor;
            try
            {
                descriptor = Accept(listener, ref MemoryMarshal.GetReference(remote.Buffer.Span), ref length, NonBlocking | CloseOnExec);
            }
            catch (ObjectDisposedException)
            {
                return null;
            }

            if (descriptor >= 0)
            {
                return new DirectSocket(descriptor);
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Errors.Interrupted or Errors.Aborted or Errors.Protocol:
                    continue;
                case Errors.Again:
                    return null;
                default:
                    isShort = true;
                    return null;
            }
        }
    }

    /// <summary>How many bytes were sent, <see cref="Later"/>, or <see cref="Broken"/>.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            try
            {
                var sent = Send(this, in MemoryMarshal.GetReference(bytes), bytes.Length, DontWait | NoSignal);
                if (sent >= 0 || !IsInterrupted)
                {
                    return Outcome(sent);
                }
            }
            catch (ObjectDisposedException)
            {
                return Broken;
            }
        }
    }

    /// <summary>How many bytes were received, 0 at their end, <see cref="Later"/>, or <see cref="Broken"/>.</summary>
    public int Receive(Span<byte> buffer)
    {
        while (true)
        {
            try
            {
                var received = Receive(this, ref MemoryMarshal.GetReference(buffer), buffer.Length, DontWait);
                if (received >= 0 || !IsInterrupted)
                {
                    return Outcome(received);
                }
            }
            catch (ObjectDisposedException)
            {
                return Broken;
            }
        }
    }

    /// <summary>Receives and forgets what is there.</summary>
    /// <param name="most">How many bytes at most; what is left of that afterwards.</param>
    /// <returns>Whether there may be more, now or later.</returns>
    public bool Skip(ref int most)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var received = 0;
        while (most > 0 && (received = Receive(buffer)) > 0)
        {
            most -= received;
        }

        return received is > 0 or Later;
    }

    /// <summary>Tells the client that nothing more comes (FIN).</summary>
    public void EndSending()
    {
        try
        {
            _ = Shutdown(this, ShutWrite);
        }
        catch (ObjectDisposedException)
        {
            // It is closed anyway.
        }
    }

    /// <summary>Closes it so that the client gets a reset, and the system forgets what was not sent yet.</summary>
    public void Reset()
    {
        try
        {
            var linger = new Linger(1, 0);
            _ = SetOption(this, SolSocket, SoLinger, in linger, Marshal.SizeOf<Linger>());
        }
        catch (ObjectDisposedException)
        {
            // It is closed already.
        }

        Dispose();
    }

    /// <summary>The client's address; null when the connection is broken.</summary>
    public IPEndPoint? RemoteEndPoint(AddressFamily family) => EndPoint(PeerName, family);

    /// <summary>The address at which the client has reached this node; null when the socket is closed.</summary>
    public IPEndPoint? LocalEndPoint(AddressFamily family) => EndPoint(SocketName, family);

    /// <summary>An address as the system writes it, with the scope of IPv6.</summary>
    public static IPEndPoint EndPoint(SocketAddress address) => (IPEndPoint)new IPEndPoint(IPAddress.Any, 0).Create(address);

    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    private static bool IsInterrupted => Marshal.GetLastPInvokeError() == Errors.Interrupted;

    private static int Outcome(nint result) =>
        result >= 0 ? (int)result : Marshal.GetLastPInvokeError() == Errors.Again ? Later : Broken;

    private IPEndPoint? EndPoint(NameOf name, AddressFamily family)
    {
        var address = new SocketAddress(family);
        var length = address.Size;
        try
        {
            return name(this, ref MemoryMarshal.GetReference(address.Buffer.Span), ref length) == 0 ? EndPoint(address) : null;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "accept4", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Accept(SafeHandle listener, ref byte address, ref int length, int flags);

    [DllImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nint Send(DirectSocket socket, in byte buffer, nint length, int flags);

    [DllImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nint Receive(DirectSocket socket, ref byte buffer, nint length, int flags);

    [DllImport("libc", EntryPoint = "shutdown")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Shutdown(DirectSocket socket, int how);

    [DllImport("libc", EntryPoint = "setsockopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetOption(DirectSocket socket, int level, int option, in Linger value, int length);

    [DllImport("libc", EntryPoint = "getpeername")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int PeerName(DirectSocket socket, ref byte address, ref int length);

    [DllImport("libc", EntryPoint = "getsockname")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SocketName(DirectSocket socket, ref byte address, ref int length);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Close(int descriptor);

    private delegate int NameOf(DirectSocket socket, ref byte address, ref int length);

    /// <summary>What <c>SO_LINGER</c> takes.</summary>
    private readonly record struct Linger(int IsOn, int Seconds);

    /// <summary>Linux's numbers, the same on x86-64 and arm64.</summary>
    private static class Errors
    {
        public const int Interrupted = 4;
        public const int Again = 11;
        public const int Protocol = 71;
        public const int Aborted = 103;
    }
}
