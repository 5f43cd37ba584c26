using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Network;

/// <summary>Whatever comes in from the network on any port harms nobody but who sent it (laws 3 and 6).</summary>
internal sealed class HostileClientTests : TlsFixture
{
    private const int OnEachPort = 50;

    private GatewayNode _node = null!;
    private HealthyTraffic _healthy = null!;

    private int[] PlainPorts => [_node.External.Port, _node.Api.Port];

    private int[] TlsPorts => [_node.Tls.External.Port, _node.Tls.Api.Port];

    [SetUp]
    public async Task Start()
    {
        _node = await StartNode(new()
        {
            ["HTTP_HEADERS_TIMEOUT_MS"] = "1000",
            ["HTTP_KEEP_ALIVE_TIMEOUT_MS"] = "2000",
            ["HTTP_MIN_RATE_GRACE_MS"] = "1001",
            ["HTTPS_HANDSHAKE_TIMEOUT_MS"] = "1000",
        });
        _healthy = await HealthyTraffic.Start(_node.External, _node.Api);
    }

    [TearDown]
    public async Task Stop()
    {
        _healthy.Dispose();
        await _node.DisposeAsync();
    }

    [Test]
    public async Task HeadersThatNeverEnd_AreCutOff()
    {
        await OnEveryPort(PlainPorts, async intruder =>
        {
            await intruder.Send("GET /health HTTP/1.1\r\nHost: localhost\r\nx-slow: ");
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            var end = intruder.ReadToEnd();
            while (!end.IsCompleted && await intruder.Send("a"))
            {
                await timer.WaitForNextTickAsync();
            }

            Assert.That(await end, Is.Empty.Or.StartsWith("HTTP/1.1 408 "));
        });
        await _healthy.StopUnharmed();
    }

    [Test]
    public async Task HandshakeThatNeverEnds_IsCutOff()
    {
        await OnEveryPort(TlsPorts, async intruder =>
        {
            // The head of a handshake record, and of a ClientHello of 16,000 bytes within it.
            await intruder.Send(new byte[] { 22, 3, 1, 0x3e, 0x80, 1, 0, 0x3e, 0x7c, 3, 3 });
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            var end = intruder.ReadToEnd();
            while (!end.IsCompleted && await intruder.Send(new byte[1]))
            {
                await timer.WaitForNextTickAsync();
            }

            await end;
        });
        await _healthy.StopUnharmed();
    }

    [Test]
    public async Task RequestThatStopsHalfway_IsCutOff()
    {
        await OnEveryPort(PlainPorts, async intruder =>
        {
            await intruder.Send("GET /health HT");
            Assert.That(await intruder.ReadToEnd(), Is.Empty.Or.StartsWith("HTTP/1.1 408 "));
        });
        await OnEveryPort([_node.Api.Port], async intruder =>
        {
            await intruder.Send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"user\":");
            Assert.That(await intruder.ReadToEnd(), Does.StartWith("HTTP/1.1 408 "));
        });
        await _healthy.StopUnharmed();
    }

    [Test]
    public async Task ConnectionThatAsksForNothing_IsCutOff()
    {
        await OnEveryPort([.. PlainPorts, .. TlsPorts], async intruder => Assert.That(await intruder.ReadToEnd(), Is.Empty));
        await _healthy.StopUnharmed();
    }

    [Test]
    public async Task HugeHeaders_AreRefused()
    {
        var huge = $"GET /health HTTP/1.1\r\nHost: localhost\r\nx-huge: {new string('a', 1_000_000)}\r\n\r\n";
        var many = $"GET /health HTTP/1.1\r\nHost: localhost\r\n{string.Concat(Enumerable.Range(0, 1_000).Select(i => $"x-{i}: a\r\n"))}\r\n";
        var line = $"GET /{new string('a', 1_000_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n";
        foreach (var (request, status) in new[] { (huge, 431), (many, 431), (line, 414) })
        {
            await OnEveryPort(PlainPorts, async intruder =>
            {
                var sending = intruder.Send(request);
                // The rest of the request is in the way, and the reset for it may overtake the answer.
                Assert.That(await intruder.ReadToEnd(), Is.Empty.Or.StartsWith($"HTTP/1.1 {status} "));
                await sending;
            });
        }

        await _healthy.StopUnharmed();
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task Garbage_IsRefused(int seed)
    {
        await OnEveryPort([.. PlainPorts, .. TlsPorts], async (intruder, number) =>
        {
            var random = new Random((seed * 1000) + number);
            var bytes = new byte[random.Next(1, 20_000)];
            random.NextBytes(bytes);
            if (number % 3 == 0)
            {
                // Further in than the first byte.
                bytes = [.. "GET /socket/sse?users[]="u8, .. bytes];
            }

            var sending = intruder.Send(bytes);
            var end = intruder.ReadToEnd();
            await sending;
            intruder.HalfClose();
            Assert.That(await end, Does.Not.Contain("HTTP/1.1 2").And.Not.Contain("HTTP/1.1 5"));
        });
        await _healthy.StopUnharmed();
    }

    [Test]
    public async Task GarbageWithinTls_IsRefused()
    {
        foreach (var server in new[] { _node.Tls.External, _node.Tls.Api })
        {
            for (var i = 0; i < 20; i++)
            {
                var random = new Random(i);
                var bytes = new byte[random.Next(100, 20_000)];
                random.NextBytes(bytes);
                using var client = await RawHttp2.Open(Certificates, server);
                await client.Send(bytes);
                await client.ReadToEnd().Soon();
            }
        }

        await _healthy.StopUnharmed();
    }

    private static Task OnEveryPort(int[] ports, Func<Intruder, Task> intrude) => OnEveryPort(ports, (intruder, _) => intrude(intruder));

    private static Task OnEveryPort(int[] ports, Func<Intruder, int, Task> intrude)
        => Task.WhenAll(ports.SelectMany(port => Enumerable.Range(0, OnEachPort).Select(async number =>
        {
            using var intruder = await Intruder.Connect(port, (byte)(2 + (number % 8)));
            await intrude(intruder, number);
        })));
}
