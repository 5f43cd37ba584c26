using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Network;

/// <summary>A node that may open few files, and clients that take all they can get: a process of its own with a real limit (RLIMIT_NOFILE).</summary>
/// <remarks>Alone: a process inherits files of the clients of Kafka in this one.</remarks>
[NonParallelizable]
internal sealed class OpenFilesTests
{
    private const int Limit = 400;
    private const int Attackers = Limit + 50;

    /// <summary>What a node takes for a moment: a file that is read, a connection on its way out.</summary>
    private const int Passing = 10;

    private readonly List<IDisposable> _attackers = [];
    private TestCertificates _certificates = null!;
    private GatewayProcess _node = null!;
    private Uri _tls = null!;

    [SetUp]
    public async Task Start()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("Limits are set and files counted as on Linux.");
        }

        _certificates = new TestCertificates();
        _certificates.Renew();
        var settings = _certificates.Settings.ToDictionary(setting => setting.Key, setting => setting.Value!);
        settings["JWT_SECRET_KEY"] = Token.Secret;
        settings["HEARTBEAT_INTERVAL_MS"] = "500";
        _node = await GatewayProcess.Start(settings, files: Limit);
        _tls = (await _node.Tls()).External;
    }

    [TearDown]
    public async Task Stop()
    {
        _attackers.ForEach(attacker => attacker.Dispose());
        _attackers.Clear();
        await _node.DisposeAsync();
        _certificates.Dispose();
    }

    [Test]
    public Task IdleConnections_LeaveTheNodeAsItWas() => Survive(async () => await Hold(_node.External.Port));

    [Test]
    public Task HalfHeads_LeaveTheNodeAsItWas() => Survive(async () => await (await Hold(_node.External.Port)).Send("GET /health HTTP/1.1\r\nHost: loc"));

    [Test]
    public Task HalfHandshakes_LeaveTheNodeAsItWas() => Survive(async () => await (await Hold(_tls.Port)).Send(new byte[] { 22, 3, 1, 0x3e, 0x80, 1, 0, 0x3e, 0x7c, 3, 3 }));

    [Test]
    public Task ConnectionsThatWereAnsweredOnce_LeaveTheNodeAsItWas() => Survive(async () => await (await Hold(_node.External.Port)).Send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"));

    [Test]
    public Task Http2WithoutStreams_LeavesTheNodeAsItWas() => Survive(async () => await HoldHttp2());

    [Test]
    public Task RapidReset_LeavesTheNodeAsItWas() => Survive(async () => await (await HoldHttp2()).ResetRapidly("/health", times: 100));

    [Test]
    public Task ContinuationFlood_LeavesTheNodeAsItWas() => Survive(async () => await (await HoldHttp2()).ContinueHeaders(times: 200));

    /// <summary>They are limited by a share of their own, and so are their neighbours.</summary>
    [Test]
    public async Task IdleConnections_OnTheApiPort_LeaveTheClientsAlone()
        => await Survive(async () => await Hold(_node.Api.Port));

    [Test]
    public async Task SlowBodies_OnTheApiPort_LeaveItsProbesAlone_AndPublishersToo()
    {
        using var probe = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = Limits.Hang };
        await Survive(async () =>
        {
            var slow = await Hold(_node.Api.Port);
            await slow.Send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n");
            await ExpectOk(probe, new Uri(_node.Api, "/health/live"));
        });
    }

    /// <summary>A client of Kafka takes two files for each broker that it is told of, and a node has several clients: more than its share.</summary>
    [Test]
    public async Task SomethingElseTakesTheFiles_StopsNothingButAccepting_UntilThereAreSomeAgain()
    {
        await using var node = await GatewayProcess.Start(
            new Dictionary<string, string>
            {
                ["JWT_SECRET_KEY"] = Token.Secret,
                ["KAFKA_ENABLED"] = "true",
                ["KAFKA_HOSTS"] = string.Join(',', Enumerable.Range(1, 5).Select(port => $"127.0.0.1:{port}")),
            },
            files: Limit);
        using var api = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };
        var live = new Uri(node.Api, "/health/live");
        await ExpectOk(api, live);
        Assert.That(node.Files, Is.InRange(Limit - 47, Limit - 17), "what Kafka took beyond its share is too little or too much for this test");

        // They come until it is noticed: what Kafka's clients take goes up and down, and idle attackers are sent away.
        var noticed = node.Line("[1481]");
        while (!noticed.IsCompleted)
        {
            await Attempt(() => Hold(node.External.Port));
            if (_attackers.Count > Attackers)
            {
                // Each has a file of this process too.
                _attackers[0].Dispose();
                _attackers.RemoveAt(0);
            }
        }

        await noticed;
        Assert.That(node.Files, Is.LessThan(Limit));
        for (var i = 0; i < 4; i++)
        {
            await ExpectOk(api, live);
        }

        _attackers.ForEach(attacker => attacker.Dispose());
        await node.Line("[1482]");
        // Not well, since it has no Kafka, but there.
        await UntilTaken(node.External, HttpStatusCode.ServiceUnavailable);
        // Kafka's clients may take them once more meanwhile: each time is said once, when it begins and when it ends.
        string[] events = ["[1481]", "[1482]"];
        var said = node.Output.Select(line => Array.FindIndex(events, id => line.Contains(id, StringComparison.Ordinal))).Where(at => at >= 0).ToArray();
        Assert.That(said, Is.EqualTo(said.Select((_, i) => i % events.Length)));
    }

    /// <summary>Has them come, and looks at everybody else before, meanwhile and afterwards.</summary>
    private async Task Survive(Func<Task> attack)
    {
        await ExpectServed();
        using var stream = await Listen();
        using var healthy = await HealthyTraffic.Start(_node.External, _node.Api);
        var before = _node.Files;

        for (var i = 0; i < Attackers; i++)
        {
            await Attempt(attack);
        }

        var at = _node.Files;
        Assert.That(at, Is.LessThan(Limit - Passing));
        await UntilTaken(_node.External);
        await UntilTaken(_tls);
        await ExpectServed();
        await stream.NextHeartbeat();
        await stream.NextHeartbeat();

        _attackers.ForEach(attacker => attacker.Dispose());
        await Wait.Until(() => _node.Files <= before + Passing, "the files are free again");
        await ExpectServed();
        await healthy.StopUnharmed();
        await TestContext.Progress.WriteLineAsync($"Files: {before} before, {at} at the end of the attack, {_node.Files} after it.");
        ExpectOneLineASecond();
    }

    private async Task<Intruder> Hold(int port)
    {
        var intruder = await Intruder.Connect(port);
        _attackers.Add(intruder);
        return intruder;
    }

    private async Task<RawHttp2> HoldHttp2()
    {
        var client = await RawHttp2.Open(_certificates, _tls);
        _attackers.Add(client);
        return client;
    }

    /// <summary>It may be cut off at any time, which is all right.</summary>
    private static async Task Attempt(Func<Task> attack)
    {
        try
        {
            await attack();
        }
        catch (Exception failure) when (failure is IOException or SocketException or AuthenticationException)
        {
            // The next one comes.
        }
    }

    private async Task<SseClient> Listen()
    {
        var stream = await SseClient.Open(_node.External, $"users[]=alice&token={Token.Of("alice")}");
        await stream.Next("phx_reply");
        return stream;
    }

    /// <summary>Newcomers on the ports for clients, and the probes of the API port.</summary>
    private async Task ExpectServed()
    {
        using var client = NewClient();
        await ExpectOk(client, new Uri(_node.Api, "/health/ready"));
        await ExpectOk(client, new Uri(_node.External, "/health"));
        await ExpectOk(client, new Uri(_tls, "/health"));
    }

    /// <summary>Attackers stand in the queue of a port, in front of a newcomer. Until the node has taken all of them, a newcomer may have to give way as they do.</summary>
    private async Task UntilTaken(Uri port, HttpStatusCode health = HttpStatusCode.OK)
    {
        using var client = NewClient();
        await Wait.Until(
            async () =>
            {
                try
                {
                    await Expect(client, new Uri(port, "/health"), health);
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "a newcomer is served");
    }

    private HttpClient NewClient() => new(new SocketsHttpHandler { UseProxy = false, SslOptions = _certificates.Client() }) { Timeout = Limits.Hang };

    private static Task ExpectOk(HttpClient client, Uri address) => Expect(client, address, HttpStatusCode.OK);

    private static async Task Expect(HttpClient client, Uri address, HttpStatusCode status)
    {
        using var answer = await client.GetAsync(address);
        Assert.That(answer.StatusCode, Is.EqualTo(status));
    }

    private void ExpectOneLineASecond()
    {
        var times = _node.Output.Where(line => line.Contains("[1480]", StringComparison.Ordinal)).Select(line => DateTime.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)).ToArray();
        Assert.That(times, Has.Length.LessThanOrEqualTo(times.Length == 0 ? 0 : 2 + (int)(times[^1] - times[0]).TotalSeconds));
    }
}
