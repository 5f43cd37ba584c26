using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Shutdown;

/// <summary>How a node ends that is told to (SIGTERM).</summary>
internal sealed class ShutdownTests
{
    /// <summary>So long that a node which waits for it hangs.</summary>
    private const int TimeoutMs = 60_000;

    /// <summary>Less than a client has for its last words, so that it is this bound that is seen to hold.</summary>
    private const int ShortTimeoutMs = 1_500;

    /// <summary>So long that a test which waits for it fails.</summary>
    private const int LongDelayMs = 50_000;

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["JWT_SECRET_KEY"] = Token.Secret,
        ["SHUTDOWN_TIMEOUT_MS"] = $"{TimeoutMs}",
    };

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    [OneTimeTearDown]
    public void DisposeOfTheClient() => _http.Dispose();

    [Test]
    public async Task Streams_AreToldAndEndCleanly_AfterWhatWasAccepted()
    {
        const int Messages = 500;
        await using var gateway = await GatewayProcess.Start(Settings);
        var streams = new List<SseClient>();
        for (var i = 0; i < 20; i++)
        {
            streams.Add(await Listen(gateway, "alice"));
        }

        // Accepted one and all; whether they have arrived nobody waits to see.
        await Parallel.ForAsync(0, Messages, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (n, _) => Assert.That(await Post(gateway, $$"""{"user":"alice","n":{{n}}}"""), Is.EqualTo(HttpStatusCode.Accepted)));
        var since = Stopwatch.GetTimestamp();
        gateway.Terminate();

        foreach (var stream in streams)
        {
            var events = await stream.Rest();
            Assert.That(await stream.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
            Assert.That((events[^2].Name, events[^2].Data), Is.EqualTo(("closing", """{"reason":"shutdown","reconnect":true}""")));
            Assert.That(events[^1], Is.EqualTo(new SseEvent(null, "closing connection", null, null, events[^1].At)));
            Assert.That(events.Take(events.Count - 2).Select(one => one.Data).Distinct().Count(), Is.EqualTo(Messages));
            stream.Dispose();
        }

        Assert.That(await gateway.Exit(), Is.Zero, () => string.Join('\n', gateway.Output.Concat(gateway.Error)));
        Assert.That(Stopwatch.GetElapsedTime(since).TotalMilliseconds, Is.LessThan(TimeoutMs), "it did not wait for the bound");
        Assert.That(gateway.Error, Is.Empty);
    }

    [Test]
    public async Task WhileStreamsAreEnding_NothingNewIsLetIn_AndTheBoundHolds()
    {
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string>(Settings) { ["OUTBOX_MAX_BYTES"] = "67108864", ["SHUTDOWN_TIMEOUT_MS"] = $"{ShortTimeoutMs}", ["DRAIN_MS"] = "0" });
        // Takes nothing and so cannot be told: it holds the node up until the time is over.
        using var stalled = await RawConnection.Open(gateway.External, receiveBuffer: 4096);
        Assert.That((await stalled.Ask("GET", $"/socket/sse?users[]=stalled&token={Token.Of("stalled")}")).Status, Is.EqualTo(200));
        using var idle = await RawConnection.Open(gateway.External);
        Assert.That((await idle.Ask("GET", "/health")).Status, Is.EqualTo(200));
        for (var i = 0; i < 20; i++)
        {
            Assert.That(await Post(gateway, $$"""{"user":"stalled","pad":"{{new string('x', 900_000)}}"}"""), Is.EqualTo(HttpStatusCode.Accepted));
        }

        var since = Stopwatch.GetTimestamp();
        gateway.Terminate();
        await gateway.Line("Stopping:");

        using var stream = await _http.GetAsync(new Uri(gateway.External, $"/socket/sse?users[]=bob&token={Token.Of("bob")}"));
        Assert.That(stream.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(stream.Headers.RetryAfter, Is.Not.Null);
        Assert.That(await Post(gateway, """{"user":"bob"}"""), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        using var ready = await _http.GetAsync(new Uri(gateway.Api, "/health/ready"));
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        Assert.That(await gateway.Exit(), Is.Zero, () => string.Join('\n', gateway.Output.Concat(gateway.Error)));
        Assert.That(Stopwatch.GetElapsedTime(since).TotalMilliseconds, Is.GreaterThan(ShortTimeoutMs - 100));
        await gateway.Line("did not end within SHUTDOWN_TIMEOUT_MS");
        Assert.That(gateway.Output, Has.None.Contains(" fail: ").And.None.Contains(" crit: "));
    }

    [Test, Repeat(5)]
    public async Task NodeThatIsStillStarting_EndsWithoutAnError()
    {
        await using var gateway = GatewayProcess.Run(new Dictionary<string, string>(Settings) { ["INBOUND_PORT"] = "0", ["API_PORT"] = "0", ["LISTEN_ADDRESS"] = "127.0.0.1" });

        // The last thing that it says before it opens its ports.
        await gateway.Line("routes are proxied");
        gateway.Terminate();

        Assert.That(await gateway.Exit(), Is.Zero, () => string.Join('\n', gateway.Output.Concat(gateway.Error)));
        Assert.That(gateway.Error, Is.Empty);
    }

    [Test]
    public async Task NodeWithoutConnections_EndsAtOnce()
    {
        await using var gateway = await GatewayProcess.Start(Settings);
        var since = Stopwatch.GetTimestamp();

        gateway.Terminate();

        Assert.That(await gateway.Exit(), Is.Zero);
        Assert.That(Stopwatch.GetElapsedTime(since).TotalMilliseconds, Is.LessThan(TimeoutMs), "it did not wait for the bound");
    }

    /// <summary>A balancer has the time to notice before anybody is refused.</summary>
    [Test]
    public async Task DuringTheDelay_EverythingIsServed_ButTheHealthPagesSayThatItEnds()
    {
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string>(Settings) { ["SHUTDOWN_DELAY_MS"] = $"{LongDelayMs}" });
        using var before = await Listen(gateway, "alice");
        var since = Stopwatch.GetTimestamp();
        gateway.Terminate();
        await gateway.Line("Stopping:");

        using var ready = await _http.GetAsync(new Uri(gateway.Api, "/health/ready"));
        using var health = await _http.GetAsync(new Uri(gateway.External, "/health"));
        Assert.That((ready.StatusCode, health.StatusCode), Is.EqualTo((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable)));
        using var during = await Listen(gateway, "alice");
        using var content = new StringContent("""{"user":"alice","n":1}""", Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(new Uri(gateway.Api, "/v1/messages"), content);
        Assert.That((answer.StatusCode, answer.Headers.ConnectionClose), Is.EqualTo((HttpStatusCode.Accepted, (bool?)true)));
        foreach (var stream in new[] { before, during })
        {
            Assert.That((await stream.Next("message")).Data, Is.EqualTo("""{"user":"alice","n":1}"""));
        }

        gateway.Terminate();

        foreach (var stream in new[] { before, during })
        {
            Assert.That((await stream.Rest()).Select(one => one.Name), Does.Contain("closing"));
        }

        Assert.That(await gateway.Exit(), Is.Zero);
        Assert.That(Stopwatch.GetElapsedTime(since).TotalMilliseconds, Is.LessThan(LongDelayMs), "a second signal ends the delay");
    }

    [Test]
    public async Task ManyStreams_EndOneAfterAnother_AndAreToldWhenToComeBack()
    {
        const int DrainMs = 2_000;
        const int Streams = 100;
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string>(Settings) { ["DRAIN_MS"] = $"{DrainMs}" });
        var streams = new List<SseClient>();
        for (var i = 0; i < Streams; i++)
        {
            streams.Add(await Listen(gateway, $"user-{i}"));
        }

        gateway.Terminate();

        var retries = new List<int>();
        foreach (var stream in streams)
        {
            var closing = (await stream.Rest()).Single(one => one.Name == "closing");
            retries.Add(int.Parse(closing.Retry!, CultureInfo.InvariantCulture));
            Assert.That(await stream.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
            stream.Dispose();
        }

        Assert.That(retries, Has.All.InRange(50, 500));
        Assert.That(await gateway.Exit(), Is.Zero);
    }

    [Test]
    public async Task Delay_EndsByItself()
    {
        const int DelayMs = 1_000;
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string>(Settings) { ["SHUTDOWN_DELAY_MS"] = $"{DelayMs}" });
        using var stream = await Listen(gateway, "alice");
        var since = Stopwatch.GetTimestamp();
        gateway.Terminate();

        Assert.That((await stream.Rest()).Select(one => one.Name), Does.Contain("closing"));
        Assert.That(await gateway.Exit(), Is.Zero);
        Assert.That(Stopwatch.GetElapsedTime(since).TotalMilliseconds, Is.GreaterThan(DelayMs - 100));
    }

    private static async Task<SseClient> Listen(GatewayProcess gateway, string user)
    {
        var stream = await SseClient.Open(gateway.External, $"users[]={user}&token={Token.Of(user)}");
        await stream.Next("phx_reply");
        return stream;
    }

    private async Task<HttpStatusCode> Post(GatewayProcess gateway, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(new Uri(gateway.Api, "/v1/messages"), content);
        return answer.StatusCode;
    }
}
