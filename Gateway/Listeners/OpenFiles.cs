using System.Globalization;
using System.Net.Sockets;

namespace RigKafka.Listeners;

/// <summary>The files that the system lets this process open.</summary>
internal static class OpenFiles
{
    /// <summary>
    /// The soft limit (RLIMIT_NOFILE), which the runtime has raised to the hard one by now; where it is not known, as good as none.
    /// </summary>
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

/// <summary>
/// Who may take how many of the files that the process may open. Together they never reach the limit: where the system has no file left for
/// a connection, the server's accept loop would ask again at once and without end.
/// </summary>
/// <param name="Clients">TCP connections of clients.</param>
/// <param name="Api">TCP connections of back-ends and operators.</param>
/// <param name="Services">TCP connections to the services behind the proxy.</param>
internal sealed record FileShares(int Clients, int Api, int Services)
{
    /// <summary>What the process takes by itself, mostly libraries: about 240.</summary>
    private const int Process = 272;

    /// <summary>Fewer than that are no node.</summary>
    private const int Fewest = Process + 112;

    /// <summary>Shares out the files; what does not fit is said, as with every other setting.</summary>
    public static FileShares Of(int files, OpenFileOptions options, Action<string> refuse)
    {
        if (files < Fewest)
        {
            refuse($"ulimit -n: {files} open files are too few, expected at least {Fewest}.");
        }

        var left = Math.Max(files, Fewest) - Process;
        // Some 27 for each broker, and 30.
        var kafka = Math.Clamp(left / 8, 64, 512);
        var api = options.Api > 0 ? options.Api : Math.Clamp(left / 32, 16, 1024);
        var services = options.Services > 0 ? options.Services : Math.Clamp(left / 16, 16, 8192);
        var clients = (long)left - kafka - api - services;
        if (clients < 1)
        {
            var (name, value) = options.Api > options.Services
                ? (OpenFileOptions.ApiSetting, api)
                : (OpenFileOptions.ServicesSetting, services);
            Refuse(name, value, value + clients - 1);
        }
        else if (options.Clients > clients)
        {
            Refuse(OpenFileOptions.ClientsSetting, options.Clients, clients);
        }

        return new FileShares(options.Clients > 0 ? options.Clients : (int)Math.Max(1, clients), api, services);

        void Refuse(string name, int value, long most) => refuse(
            $"{name}={value}: expected at most {most}, since the process may open {files} files (ulimit -n), of which "
            + $"{Process} are for itself, {kafka} for Kafka, {api} for {OpenFileOptions.ApiSetting} and {services} for {OpenFileOptions.ServicesSetting}.");
    }
}
