using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Direct;

namespace RigKafka.Tests.Direct;

[Platform("Linux")]
internal sealed class LingeringCloseTests
{
    private readonly byte[] _buffer = new byte[100];
    private FakeTimeProvider _time = null!;
    private EpollLoop _loop = null!;
    private Socket _client = null!;
    private DirectSocket _socket = null!;

    [SetUp]
    public void Connect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _client.Connect(listener.LocalEndPoint!);
        _socket = DirectSocket.Accept(listener.SafeHandle, new SocketAddress(AddressFamily.InterNetwork), out _)!;
        _time = new FakeTimeProvider();
        _loop = new EpollLoop(0, new LogLines<EpollLoop>());
    }

    [TearDown]
    public void Disconnect()
    {
        _client.Dispose();
        _socket.Dispose();
        _loop.Dispose();
    }

    [Test]
    public async Task ClientThatEndsToo_IsClosedThen()
    {
        await Begin();
        Assert.That(_socket.IsClosed, Is.False);

        _client.Shutdown(SocketShutdown.Send);

        await Wait.Until(() => _socket.IsClosed, "it is closed");
    }

    [Test]
    public async Task ClientThatDoesNotEnd_IsClosed_WhenItsTimeIsOver()
    {
        await Begin();
        _time.Advance(LingeringClose.Longest);
        Assert.That(_socket.IsClosed, Is.True);
    }

    [Test]
    public async Task ClientThatGoesOnSending_IsClosed_WhenItHasSentTooMuch()
    {
        await Begin();
        Assert.That(
            async () =>
            {
                while (!_socket.IsClosed)
                {
                    await _client.SendAsync(new byte[1000]).Soon();
                }

                while (true)
                {
                    await _client.SendAsync(new byte[1000]).Soon();
                }
            },
            Throws.InstanceOf<SocketException>());
        Assert.That(_socket.IsClosed, Is.True);
    }

    [Test]
    public async Task LoopThatEnds_ClosesIt()
    {
        await Begin();
        _loop.Dispose();
        Assert.That(_socket.IsClosed, Is.True);
    }

    /// <summary>With input that nobody has read: the client gets its last words, and then the end.</summary>
    private async Task Begin()
    {
        await _client.SendAsync(new byte[5000]).Soon();
        var place = _loop.Add(_socket, EpollEvents.Connection, new RecordingTarget());
        _socket.Send("last words"u8);
        LingeringClose.Begin(_socket, place!.Value, _time, () => { });
        Assert.That(await _client.ReceiveAsync(_buffer).Soon(), Is.EqualTo("last words".Length));
        Assert.That(await _client.ReceiveAsync(_buffer).Soon(), Is.Zero);
    }
}
