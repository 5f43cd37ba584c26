using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RigKafka.Connections;

/// <summary>
/// Writes straight to a TCP socket, past the server's pipe: one <c>send(2)</c> of shared bytes for each delivery.
/// Only for a socket whose pipe is empty and stays so; see docs/decisions/0003-direct-write.md.
/// </summary>
/// <param name="socket">The connection's socket.</param>
/// <param name="abort">Has the owner of the socket break the connection off.</param>
internal sealed partial class SocketWire(Socket socket, Action abort) : Wire
{
    /// <summary>
    /// How much goes to the kernel at once while the client is behind: small enough to see that it takes something at all.
    /// </summary>
    private const int Slice = 16 * 1024;

    private const int DontWaitNoSignal = 0x40 | 0x4000;
    private const int TryAgain = 11;
    private const int Interrupted = 4;

    /// <summary>Whether this machine can do it: the constants above are Linux's.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    public override bool HoldsBytes => true;

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        var handle = socket.SafeHandle;
        var taken = 0;
        while (taken < bytes.Length)
        {
            if (handle.IsClosed)
            {
                return -1;
            }

            nint sent;
            try
            {
                sent = Send(handle, in MemoryMarshal.GetReference(bytes[taken..]), bytes.Length - taken, DontWaitNoSignal);
            }
            catch (ObjectDisposedException)
            {
                return -1;
            }

            if (sent >= 0)
            {
                taken += (int)sent;
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case TryAgain:
                    return taken;
                case Interrupted:
                    continue;
                default:
                    return -1;
            }
        }

        return taken;
    }

    public override async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return await socket.SendAsync(bytes[..Math.Min(bytes.Length, Slice)], SocketFlags.None);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return -1;
        }
    }

    public override void Abort() => abort();

    [DllImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nint Send(SafeSocketHandle socket, in byte buffer, nint length, int flags);
}
