using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NUnit.Framework;
using RigKafka.Direct;

namespace RigKafka.Tests.Direct;

/// <summary>On a socket of which no loop tells anything: an event may always be still on its way.</summary>
[Platform("Linux")]
internal sealed class DirectReaderTests
{
    [Test]
    public async Task Read_ThatIsCancelled_GivesWhatHasCome_OrThatTheClientHasEnded()
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listening.LocalEndPoint!).Soon();
        DirectSocket? accepted = null;
        await Wait.Until(() => (accepted = DirectSocket.Accept(listening.SafeHandle, new SocketAddress(AddressFamily.InterNetwork), out _)) is not null, "the client is there");
        using var socket = accepted!;
        using var view = new Socket(new SafeSocketHandle(socket.DangerousGetHandle(), ownsHandle: false));
        var reader = new DirectReader(socket, new Lock(), static () => { }, []);

        var reading = reader.ReadAsync().AsTask();
        await client.SendAsync("a request"u8.ToArray()).Soon();
        await Wait.Until(() => view.Available > 0, "it has come");
        Assert.That(reading.IsCompleted, Is.False);
        reader.CancelPendingRead();
        var result = await reading.Soon();
        Assert.That((Encoding.ASCII.GetString(result.Buffer.ToArray()), result.IsCanceled), Is.EqualTo(("a request", true)));
        reader.AdvanceTo(result.Buffer.End);

        reading = reader.ReadAsync().AsTask();
        client.Shutdown(SocketShutdown.Send);
        await Wait.Until(() => view.Poll(0, SelectMode.SelectRead), "the end has come");
        reader.CancelPendingRead();
        Assert.That((await reading.Soon()).IsCompleted, Is.True);
    }
}
