using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Connections;

/// <summary>
/// What a stream costs that only waits, what it cost to connect, and what is left when it is gone. The node is a process of its own.
/// RIG_STREAMS says how many there are, and RIG_ROUNDS how often they come.
/// </summary>
[NonParallelizable]
internal sealed class StreamCostTests
{
    private const int Together = 64;

    /// <summary>So many come before it is measured: the first ones of a process are compiled for.</summary>
    private const int First = 500;

    private static readonly int Streams = LongerRun.Number("RIG_STREAMS", 200);
    private static readonly int Rounds = LongerRun.Number("RIG_ROUNDS", 3);

    private readonly string[] _requests = [.. Enumerable.Range(0, Streams).Select(Request)];

    private TestCertificates _certificates = null!;
    private GatewayProcess _gateway = null!;

    [SetUp]
    public async Task StartANode()
    {
        _certificates = new TestCertificates();
        _certificates.Renew();
        var settings = _certificates.Settings.ToDictionary(setting => setting.Key, setting => setting.Value!);
        settings["JWT_SECRET_KEY"] = Token.Secret;
        _gateway = await GatewayProcess.Start(settings);
        await _gateway.UntilReady();
    }

    [TearDown]
    public async Task StopIt()
    {
        await _gateway.DisposeAsync();
        _certificates.Dispose();
    }

    [TestCase("without TLS")]
    [TestCase("over TLS, each with a handshake of its own")]
    [TestCase("over TLS, of clients that come back")]
    public async Task StreamsThatWait_AndTheirConnects(string how)
    {
        var tls = how == "without TLS" ? null : _certificates.Client();
        tls?.AllowTlsResume = how.EndsWith("come back", StringComparison.Ordinal);
        var server = tls is null ? _gateway.External : (await _gateway.Tls()).External;
        await CloseAll(await Connect(server, tls, Together, Math.Min(First, Streams)));
        var (memory, time) = (_gateway.ResidentBytes, _gateway.ProcessorTime);

        var streams = await Connect(server, tls, Together, Streams);

        var connects = _gateway.ProcessorTime - time;
        await Wait.Until(async () => await OpenStreams() == Streams, "all are open");
        await TestContext.Progress.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{Streams} streams {how}: {(_gateway.ResidentBytes - memory) / 1024.0 / Streams:0.0} KiB each, {connects.TotalMicroseconds / Streams:0} µs of processor time for a connect."));
        await CloseAll(streams);
    }

    [Test]
    public async Task Herd_ThatComesAtOnceToANodeThatHasJustStarted_IsLetIn()
    {
        var began = Stopwatch.GetTimestamp();

        var streams = await Connect(_gateway.External, null, Streams, Streams);

        await TestContext.Progress.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{Streams} clients at once: all open after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s."));
        await Wait.Until(async () => await OpenStreams() == Streams, "all are open");
        await CloseAll(streams);
    }

    [Test]
    public async Task ConnectsAndDisconnects_AgainAndAgain_LeaveMemoryAndFilesWhereTheyWere()
    {
        var files = _gateway.Files;
        var memory = new List<long>();
        for (var round = 0; round < Rounds; round++)
        {
            await CloseAll(await Connect(_gateway.External, null, Together, Streams));
            memory.Add(_gateway.ResidentBytes);
        }

        // The system's own come and go.
        await Wait.Until(() => _gateway.Files <= files + 10, "all files are closed");
        await TestContext.Progress.WriteLineAsync(
            $"{Rounds} times {Streams} streams came and went: {string.Join(", ", memory.Select(bytes => bytes >> 20))} MiB; {files} files before, {_gateway.Files} afterwards.");
        Assert.That(memory[^1], Is.LessThan(memory[0] + (64 << 20)), "the collector lets it come and go by some MiB");
    }

    private async Task<IReadOnlyList<Stream>> Connect(Uri server, SslClientAuthenticationOptions? tls, int together, int count)
    {
        var streams = new Stream[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = together }, async (i, _) =>
            streams[i] = await Open(server, tls, _requests[i]));
        return streams;
    }

    private async Task CloseAll(IReadOnlyList<Stream> streams)
    {
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        await Wait.Until(async () => await OpenStreams() == 0, "all are forgotten");
    }

    /// <summary>How many streams the node says that it has.</summary>
    private async Task<double> OpenStreams()
    {
        using var http = new HttpClient();
        return new MetricsPage(await http.GetStringAsync(new Uri(_gateway.Api, "/metrics")).Soon()).Sum("rig_connections");
    }

    /// <summary>Returns once the stream has joined its topic.</summary>
    private static async Task<Stream> Open(Uri server, SslClientAuthenticationOptions? tls, string request)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port).Soon();
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (tls is not null)
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsClientAsync(tls).Soon();
            stream = secure;
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(request)).AsTask().Soon();
        var buffer = new byte[4096];
        var length = 0;
        while (!Encoding.ASCII.GetString(buffer, 0, length).Contains("phx_reply", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length)).AsTask().Soon();
            Assert.That(read, Is.Positive, () => Encoding.ASCII.GetString(buffer, 0, length));
            length += read;
        }

        return stream;
    }

    private static string Request(int i) =>
        RawConnection.Request("GET", $"/socket/sse?users[]=waits-{i}&token={Token.Of($"waits-{i}")}", "Accept: text/event-stream\r\n");
}
