using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Direct;
using RigKafka.Transports;

namespace RigKafka.Tests.Direct;

[Platform("Linux")]
internal sealed class DirectListenerTests
{
    private EpollLoops _loops = null!;
    private IConnectionListener _listener = null!;

    [SetUp]
    public async Task Bind()
    {
        _loops = new EpollLoops(new LogLines<EpollLoop>());
        _listener = await TestTransport.Listen(_loops);
    }

    [TearDown]
    public async Task Unbind()
    {
        await _listener.DisposeAsync();
        _loops.Dispose();
    }

    [Test]
    public async Task Accept_ThatWaits_CanBeCancelled_AndGoesOnLater_UntilThePortIsUnbound()
    {
        using var cancel = new CancellationTokenSource();
        var accepting = _listener.AcceptAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.That(async () => await accepting.Soon(), Throws.InstanceOf<OperationCanceledException>());

        accepting = _listener.AcceptAsync().AsTask();
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await other.ConnectAsync(_listener.EndPoint).Soon();
        await using (var accepted = await accepting.Soon())
        {
            Assert.That(accepted!.RemoteEndPoint, Is.EqualTo(other.LocalEndPoint));
        }

        accepting = _listener.AcceptAsync().AsTask();
        await _listener.UnbindAsync();
        Assert.That(await accepting.Soon(), Is.Null);
        Assert.That(await _listener.AcceptAsync().Soon(), Is.Null);
    }

    [Test]
    public async Task Unbind_LetsInWhoHadConnectedBefore_AndNobodyElse()
    {
        using var sockets = new TestSockets();
        var clients = new List<Socket>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await sockets.Connect(((IPEndPoint)_listener.EndPoint).Port));
        }

        await _listener.UnbindAsync();

        foreach (var client in clients)
        {
            await using var accepted = await _listener.AcceptAsync().Soon();
            Assert.That(accepted?.RemoteEndPoint, Is.EqualTo(client.LocalEndPoint));
        }

        Assert.That(await _listener.AcceptAsync().Soon(), Is.Null);
        Assert.That(async () => await sockets.Connect(((IPEndPoint)_listener.EndPoint).Port), Throws.InstanceOf<SocketException>());
    }

    [Test]
    public async Task Unbind_GivesTheLastOnesTimeToSendTheirRequests()
    {
        var since = Stopwatch.GetTimestamp();
        await _listener.UnbindAsync().AsTask().Soon();
        Assert.That(Stopwatch.GetElapsedTime(since).TotalMilliseconds, Is.GreaterThan(90));
    }

    [Test]
    public async Task ConnectionGivenBack_ThatIsNotAcceptedAgain_IsClosedWithThePort_InDueForm()
    {
        using var node = new TestNode();
        using var sockets = new TestSockets();
        var client = new StreamClient(await sockets.Connect(((IPEndPoint)_listener.EndPoint).Port));
        var wire = ((DirectConnection)(await _listener.AcceptAsync().Soon())!).OpenWire();
        var left = 0;
        Assert.That(wire.TakeOver(node.Registry.Add(wire, SseFormat.Chunked, "test"), isReusable: true, _ => left++), Is.True);

        wire.Finish(CloseReason.TokenExpired);
        Assert.That(await client.ReadTo(StreamServer.LastChunk), Is.EqualTo(StreamServer.LastChunk));
        await _listener.UnbindAsync();

        Assert.That(await client.ReadToEnd(), Is.Empty);
        Assert.That(left, Is.EqualTo(1));
    }
}
