using System.Globalization;
using System.Net.Sockets;

namespace RigKafka.Listeners;

/// <summary>The files that the system lets this process open.</summary>
internal static class OpenFiles
{
    /// <summary>The soft limit (RLIMIT_NOFILE), which the runtime has raised to the hard one by now; where it is not known, as good as none.</summary>
    public static int Limit()
    {
        const string Limits = "/proc/self/limits";
        const string Files = "Max open files";
        if (!File.Exists(Limits))
        {
            return int.MaxValue;
        }

        var line = File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith(Files, StringComparison.Ordinal));
        var soft = line?[Files.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, CultureInfo.InvariantCulture, out var files) ? files : int.MaxValue;
    }

    /// <summary>Whether more than a few are left. The system gives each file the lowest number that is free.</summary>
    /// <param name="limit">How many there may be.</param>
    /// <param name="few">How many are to be left over.</param>
    public static bool AreLeft(int limit, int few)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            return OperatingSystem.IsWindows() || socket.Handle < limit - few;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode is not (SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable);
        }
    }
}
