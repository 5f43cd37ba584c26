using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

[Platform("Linux")]
internal sealed class SocketWireTests
{
    private Socket _server = null!;
    private Socket _client = null!;
    private SocketWire _wire = null!;

    [SetUp]
    public async Task Connect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16_384 };
        await _client.ConnectAsync(listener.LocalEndPoint!).Soon();
        _server = await listener.AcceptAsync().Soon();
        _server.SendBufferSize = 16_384;
        _wire = new SocketWire(_server, _server.Dispose);
    }

    [TearDown]
    public void Disconnect()
    {
        _server.Dispose();
        _client.Dispose();
    }

    [Test]
    public async Task TryWriteAndWriteAsync_InTurn_KeepEveryByteInOrder()
    {
        var bytes = new byte[400_000];
        Random.Shared.NextBytes(bytes);
        var reading = Task.Run(async () =>
        {
            var read = new byte[bytes.Length];
            var length = 0;
            while (length < read.Length)
            {
                // In uneven pieces, so that the socket fills up in between.
                length += await _client.ReceiveAsync(read.AsMemory(length, Math.Min(7_001, read.Length - length)));
            }

            return read;
        });

        var waits = 0;
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += _wire.TryWrite(bytes.AsSpan(sent, Math.Min(64 * 1024, bytes.Length - sent)));
            if (sent < bytes.Length)
            {
                var taken = await _wire.WriteAsync(bytes.AsMemory(sent)).Soon();
                Assert.That(taken, Is.Positive);
                sent += taken;
                waits++;
            }
        }

        Assert.That(await reading.Soon(), Is.EqualTo(bytes));
        Assert.That(waits, Is.Positive);
    }

    [Test]
    public async Task TryWrite_ToAClientThatDoesNotRead_TakesAPartAndThenNothing()
    {
        var bytes = new byte[1_000_000];
        var taken = _wire.TryWrite(bytes);
        while (_wire.TryWrite(bytes) is > 0 and var more)
        {
            taken += more;
        }

        Assert.That(taken, Is.InRange(1, bytes.Length - 1));
        var waiting = _wire.WriteAsync(bytes).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);

        for (var received = 0; received < taken;)
        {
            received += await _client.ReceiveAsync(new byte[65_536]).Soon();
        }

        Assert.That(await waiting.Soon(), Is.Positive);
    }

    [Test]
    public async Task Write_ToAClientThatReset_SaysThatItIsGone()
    {
        _client.LingerState = new LingerOption(true, 0);
        _client.Dispose();
        Assert.That(await Gone(), Is.EqualTo((-1, -1)));
    }

    [Test]
    public async Task Write_ToASocketThatWasDisposed_SaysThatItIsGone()
    {
        _server.Dispose();
        Assert.That(await Gone(), Is.EqualTo((-1, -1)));
    }

    [Test]
    public async Task Abort_WhileAWriteWaits_EndsIt()
    {
        var waiting = WriteOn();
        _wire.Abort();

        Assert.That(await waiting.Soon(), Is.EqualTo(-1));
        Assert.That(_wire.TryWrite(new byte[100]), Is.EqualTo(-1));

        // A full socket may have room again, as long as the system moves what the client does not read.
        async Task<int> WriteOn()
        {
            int written;
            while ((written = await _wire.WriteAsync(new byte[100_000])) >= 0)
            {
            }

            return written;
        }
    }

    private async Task<(int, int)> Gone() => (_wire.TryWrite(new byte[100]), await _wire.WriteAsync(new byte[100]).Soon());
}
