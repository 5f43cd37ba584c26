using System.Buffers.Binary;
using System.Text;
using NUnit.Framework;
using static RigKafka.IntegrationTests.WebSockets.RawWebSocket;

namespace RigKafka.IntegrationTests.WebSockets;

/// <summary>The frames of RFC 6455 and of the channel protocol, byte for byte; among them the cases of the Autobahn suite that apply to a server that mostly pushes.</summary>
internal sealed class FrameTests : FrameFixture
{
    [TestCase("1.0.0", """{"topic":"user:v1","event":"phx_join","payload":{},"ref":"1"}""",
        """{"topic":"user:v1","ref":"1","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""",
        """{"topic":"user:v1","ref":null,"payload":{"user":"v1","n":1},"event":"message"}""",
        """{"topic":"user:v1","event":"phx_leave","payload":{},"ref":"7"}""",
        """{"topic":"user:v1","ref":"7","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""",
        """{"topic":"user:v1","ref":"1","payload":{},"event":"phx_close"}""")]
    [TestCase("2.0.0", """["1","1","user:v1","phx_join",{}]""",
        """["1","1","user:v1","phx_reply",{"status":"ok","response":{}}]""",
        """[null,null,"user:v1","message",{"user":"v1","n":1}]""",
        """["1","7","user:v1","phx_leave",{}]""",
        """["1","7","user:v1","phx_reply",{"status":"ok","response":{}}]""",
        """["1","1","user:v1","phx_close",{}]""")]
    [TestCase("1.0.0", """{"topic":"user:v1","event":"phx_join","payload":{},"ref":1}""",
        """{"topic":"user:v1","ref":1,"payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""",
        """{"topic":"user:v1","ref":null,"payload":{"user":"v1","n":1},"event":"message"}""",
        """{"topic":"user:v1","event":"phx_leave","payload":{},"ref":"1"}""",
        """{"topic":"user:v1","ref":"1","payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}""",
        """{"topic":"user:v1","ref":1,"payload":{},"event":"phx_close"}""")]
    [TestCase("2.0.0", """[1,1,"user:v1","phx_join",{}]""",
        """[1,1,"user:v1","phx_reply",{"status":"ok","response":{}}]""",
        """[null,null,"user:v1","message",{"user":"v1","n":1}]""",
        """[1,"1","user:v1","phx_leave",{}]""",
        """[1,"1","user:v1","phx_reply",{"status":"ok","response":{}}]""",
        """[1,1,"user:v1","phx_close",{}]""")]
    public async Task JoinMessageLeave_AreAsInTheOriginal(string vsn, string join, string joined, string message, string leave, string left, string closed)
    {
        using var socket = await Open(Node.External, "v1", vsn);
        await socket.Say(join);
        Assert.That(await socket.Hear(), Is.EqualTo(joined));
        await Node.Publish("""{"user":"v1","n":1}""");
        Assert.That(await socket.Hear(), Is.EqualTo(message));
        await socket.Say(leave);
        Assert.That(await socket.Hear(), Is.EqualTo(left));
        Assert.That(await socket.Hear(), Is.EqualTo(closed));
    }

    /// <summary>Autobahn 1: payloads around each length of the header, here also as messages to the client.</summary>
    [TestCase(0)]
    [TestCase(125)]
    [TestCase(126)]
    [TestCase(65_500)]
    [TestCase(65_536)]
    [TestCase(300_000)]
    public async Task MessageOfAnySize_Arrives(int pad)
    {
        using var socket = await Listen(Node.External, "sizes");
        var json = $$"""{"user":"sizes","pad":"{{new string('x', pad)}}"}""";
        await Node.Publish(json);

        Assert.That(await socket.Hear(), Is.EqualTo($"[null,null,\"user:sizes\",\"message\",{json}]"));
    }

    /// <summary>Autobahn 2: a pong repeats its ping, amid fragments too; a pong that nobody asked for is ignored.</summary>
    [TestCase(0)]
    [TestCase(125)]
    public async Task Ping_IsAnsweredByAPong_AmidAMessageToo(int length)
    {
        var payload = new byte[length];
        new Random(1).NextBytes(payload);
        using var socket = await Open(Node.External, "pings");
        await socket.Send(Final | Pong, payload);
        await socket.Send(Text, Encoding.UTF8.GetBytes(Beat[..7]));
        await socket.Send(Final | Ping, payload);
        var pong = await socket.Next();
        await socket.Send(Final | Continuation, Encoding.UTF8.GetBytes(Beat[7..]));

        Assert.That(pong?.First, Is.EqualTo(Final | Pong));
        Assert.That(pong!.Value.Payload, Is.EqualTo(payload));
        Assert.That(await socket.Hear(), Is.EqualTo(Alive));
    }

    /// <summary>Autobahn 5 and 6.</summary>
    [Test]
    public async Task Message_InFragmentsOfOneByte_OrBinary_IsTheSame()
    {
        using var socket = await Open(Node.External, "fragments");
        var bytes = Encoding.UTF8.GetBytes(Beat.Replace("{}", "\"é🙂\"", StringComparison.Ordinal));
        for (var i = 0; i < bytes.Length; i++)
        {
            await socket.Send((i == 0 ? Text : Continuation) | (i == bytes.Length - 1 ? Final : 0), bytes.AsSpan(i, 1));
        }

        Assert.That(await socket.Hear(), Is.EqualTo(Alive));
        await socket.Send(Final | Binary, Encoding.UTF8.GetBytes(Beat));
        Assert.That(await socket.Hear(), Is.EqualTo(Alive));
    }

    /// <summary>Autobahn 7: the code is repeated, whichever a client may use.</summary>
    [TestCase(1000, 0)]
    [TestCase(1000, 5)]
    [TestCase(1000, 123)]
    [TestCase(1001, 5)]
    [TestCase(1002, 5)]
    [TestCase(1003, 5)]
    [TestCase(1007, 5)]
    [TestCase(1008, 5)]
    [TestCase(1009, 5)]
    [TestCase(1010, 5)]
    [TestCase(1011, 5)]
    [TestCase(3000, 5)]
    [TestCase(3999, 5)]
    [TestCase(4000, 5)]
    [TestCase(4999, 5)]
    public async Task Close_IsAnsweredWithTheSameCode(int code, int reason)
    {
        using var socket = await Listen(Node.External, "closer");
        var payload = new byte[2 + reason];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        payload.AsSpan(2).Fill((byte)'x');
        await socket.Send(Final | Close, payload);

        Assert.That(await socket.Closed(), Is.EqualTo(code));
    }

    /// <summary>Autobahn 7.1: nothing is answered after a close, neither a message nor a ping.</summary>
    [Test]
    public async Task Close_IsTheLastThingThatIsAnswered()
    {
        using var socket = await Listen(Node.External, "closer");
        await socket.SendRaw((byte[])[.. Frame(Final | Close, [3, 0xe8]), .. Frame(Final | Ping, "x"u8), .. Frame(Final | Text, Encoding.UTF8.GetBytes(Beat))]);
        var events = new List<string>();

        Assert.That(await socket.Closed(events), Is.EqualTo(1000));
        Assert.That(events, Is.Empty);
    }

    /// <summary>Autobahn 2.10 and 5.20: each ping is answered, in order, with the frames cut into bytes on their way.</summary>
    [Test]
    public async Task Pings_InARow_AreAnsweredInOrder_HoweverTheirBytesArrive()
    {
        using var socket = await Open(Node.External, "pings");
        byte[] bytes = [.. Frame(Text, Encoding.UTF8.GetBytes(Beat[..3]))];
        for (byte i = 0; i < 10; i++)
        {
            bytes = [.. bytes, .. Frame(Final | Ping, [i, .. new byte[124]]), .. Frame(Continuation, Encoding.UTF8.GetBytes(Beat[(3 + i)..(4 + i)]))];
        }

        bytes = [.. bytes, .. Frame(Final | Continuation, Encoding.UTF8.GetBytes(Beat[13..]))];
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                await socket.SendRaw(bytes.AsMemory(i, 1));
            }
        });
        for (byte i = 0; i < 10; i++)
        {
            var pong = await socket.Next();
            Assert.That((pong?.First, pong?.Payload.Length, pong?.Payload[0]), Is.EqualTo((Final | Pong, 125, i)));
        }

        Assert.That(await socket.Hear(), Is.EqualTo(Alive));
        await sending.Soon();
    }

    [Test]
    public async Task Close_WithoutACode_IsAnsweredWith1000_AmidAMessageToo()
    {
        using var socket = await Listen(Node.External, "closer");
        await socket.Send(Text, "["u8);
        await socket.Send(Final | Close, []);

        Assert.That(await socket.Closed(), Is.EqualTo(1000));
    }
}
