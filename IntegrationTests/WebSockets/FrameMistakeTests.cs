using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Network;
using static RigKafka.IntegrationTests.WebSockets.RawWebSocket;

namespace RigKafka.IntegrationTests.WebSockets;

/// <summary>What no client may send closes its socket with the code of RFC 6455, and harms nobody else; among them the cases of the Autobahn suite.</summary>
internal sealed class FrameMistakeTests : FrameFixture
{
    private static IEnumerable<TestCaseData> Mistakes()
    {
        // Autobahn 3: reserved bits. 4: reserved opcodes. 5: fragments out of order. 2.5, 7.3: control frames that are too long, or fragmented.
        yield return Case("ReservedBit1", Frame(Final | 0x40 | Text, "x"u8), 1002);
        yield return Case("ReservedBit2", Frame(Final | 0x20 | Text, "x"u8), 1002);
        yield return Case("ReservedBits_OfAPing", Frame(Final | 0x70 | Ping, "x"u8), 1002);
        yield return Case("ReservedBits_OfAClose", Frame(Final | 0x70 | Close, [3, 0xe8]), 1002);
        yield return Case("ReservedBit_AfterAMessage", [.. Frame(Final | Text, Encoding.UTF8.GetBytes(Beat)), .. Frame(Final | 0x40 | Text, "x"u8)], 1002);
        yield return Case("ReservedBit3", Frame(Final | 0x10 | Text, "x"u8), 1002);
        yield return Case("ReservedOpcode3", Frame(Final | 3, "x"u8), 1002);
        yield return Case("ReservedOpcode11", Frame(Final | 11, ""u8), 1002);
        foreach (var opcode in new[] { 4, 5, 6, 7, 12, 13, 14, 15 })
        {
            yield return Case($"ReservedOpcode{opcode}", Frame(Final | opcode, "x"u8), 1002);
        }

        yield return Case("ReservedOpcode_AmidAMessage", [.. Frame(Text, "x"u8), .. Frame(Final | 5, ""u8)], 1002);
        yield return Case("NotMasked", Frame(Final | Text, Encoding.UTF8.GetBytes(Beat), masked: false), 1002);
        yield return Case("ContinuationOfNothing", Frame(Final | Continuation, "x"u8), 1002);
        yield return Case("ContinuationOfNothing_NotFinal", [.. Frame(Continuation, "x"u8), .. Frame(Final | Text, "x"u8)], 1002);
        yield return Case("ContinuationAfterTheEnd", [.. Frame(Text, "["u8), .. Frame(Final | Continuation, Encoding.UTF8.GetBytes(Beat[1..])), .. Frame(Continuation, "x"u8)], 1002);
        yield return Case("BinaryAmidText", [.. Frame(Text, "x"u8), .. Frame(Final | Binary, "y"u8)], 1002);
        yield return Case("TextAmidText", [.. Frame(Text, "x"u8), .. Frame(Final | Text, "y"u8)], 1002);
        yield return Case("PingTooLong", Frame(Final | Ping, new byte[126]), 1002);
        yield return Case("PingFragmented", Frame(Ping, "x"u8), 1002);
        yield return Case("PongFragmented", Frame(Pong, "x"u8), 1002);
        yield return Case("PongTooLong", Frame(Final | Pong, new byte[126]), 1002);
        yield return Case("CloseFragmented", Frame(Close, [3, 0xe8]), 1002);
        yield return Case("CloseTooLong", Frame(Final | Close, [3, 0xe8, .. new byte[124]]), 1002);
        yield return Case("CloseOfOneByte", Frame(Final | Close, "x"u8), 1002);
        // 7.9 and 7.13: codes that nobody may send.
        foreach (var code in new[] { 0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535 })
        {
            yield return Case($"CloseWithCode{code}", Frame(Final | Close, [(byte)(code >> 8), (byte)code]), 1002);
        }

        yield return Case("CloseWithAReasonThatIsNotUtf8", Frame(Final | Close, [3, 0xe8, 0xce, 0xba, 0xed, 0xa0, 0x80]), 1002);
        yield return Case("NotUtf8", Frame(Final | Text, [(byte)'"', 0xc3, 0x28]), 1007);
        yield return Case("NotUtf8_Surrogate", Frame(Final | Text, [0xed, 0xa0, 0x80]), 1007);
        // 6: overlong forms, a code point that there is none of, a sequence that is broken by the end of a fragment's message.
        yield return Case("NotUtf8_Overlong", Frame(Final | Text, [0xc0, 0xaf]), 1007);
        yield return Case("NotUtf8_OverlongOfFour", Frame(Final | Text, [0xf0, 0x80, 0x80, 0x80]), 1007);
        yield return Case("NotUtf8_BeyondUnicode", Frame(Final | Text, [0xf4, 0x90, 0x80, 0x80]), 1007);
        yield return Case("NotUtf8_InFragments", [.. Frame(Text, [(byte)'"', 0xce]), .. Frame(Final | Continuation, [0xce, (byte)'"'])], 1007);
        yield return Case("NotUtf8_CutOff", Frame(Final | Text, [0xf0, 0x9f]), 1007);
        yield return Case("NotUtf8_Binary", Frame(Final | Binary, [0xff]), 1007);
        yield return Case("NoJson", Frame(Final | Text, "{"u8), 1011);
        yield return Case("NoFrame", Frame(Final | Text, "[1]"u8), 1011);
        yield return Case("ReferenceThatIsNoTextOrNumber", Frame(Final | Text, """[null,true,"phoenix","heartbeat",{}]"""u8), 1011);
        yield return Case("Empty", Frame(Final | Text, ""u8), 1011);
        yield return Case("TooBig", Frame(Final | Text, new byte[65_537]), 1009);
        yield return Case("MuchTooBig", Frame(Final | Text, new byte[2_000_000]), 1009);
        yield return Case("TooBig_InFragments", [.. Frame(Text, new byte[40_000]), .. Frame(Continuation, new byte[40_000])], 1009);
        yield return Case("TooManyPings", [.. Enumerable.Repeat(Frame(Final | Ping, ""u8), 1_500).SelectMany(frame => frame)], 1013);
        yield return Case("TooManyPings_AmidAMessage", [.. Frame(Text, "["u8), .. Enumerable.Repeat(Frame(Final | Ping, "x"u8), 1_500).SelectMany(frame => frame)], 1013);
        yield return Case("TooManyPongs", [.. Enumerable.Repeat(Frame(Final | Pong, ""u8), 100_000).SelectMany(frame => frame)], 1013);
        yield return Case("TooManyFragmentsWithoutContent", [.. Frame(Text, ""u8), .. Enumerable.Repeat(Frame(Continuation, ""u8), 100_000).SelectMany(frame => frame)], 1013);
        yield return Case("TooManyFragmentsOfOneByte", [.. Frame(Text, ""u8), .. Enumerable.Repeat(Frame(Continuation, " "u8), 60_000).SelectMany(frame => frame)], 1013);
        yield return Case("TooManyPongs_BetweenMessages", [.. Enumerable.Repeat((byte[])[.. Frame(Final | Text, Encoding.UTF8.GetBytes(Beat)), .. Enumerable.Repeat(Frame(Final | Pong, ""u8), 1_000).SelectMany(frame => frame)], 100).SelectMany(bytes => bytes)], 1013);
        yield return Case("TooMany", [.. Enumerable.Repeat(Frame(Final | Text, Encoding.UTF8.GetBytes(Beat)), 1_500).SelectMany(frame => frame)], 1013);

        static TestCaseData Case(string name, byte[] bytes, int code) => new TestCaseData(bytes, code).SetName(name);
    }

    /// <summary>Every mistake has its code, and the client gets it even while it goes on sending.</summary>
    [TestCaseSource(nameof(Mistakes))]
    public async Task Mistake_ClosesItsSocketWithItsCode(byte[] bytes, int code)
    {
        using var healthy = await Listen(Node.External, "healthy");
        using var socket = await Listen(Node.External, "mistaken");
        // Not waited for: it may go on for as long as the node reads.
        var sending = socket.SendRaw(bytes);
        var events = new List<string>();
        var reason = code switch
        {
            1007 => "bad_text",
            1009 => "message_too_big",
            1011 => "bad_frame",
            1013 => "too_many_messages",
            // It has broken the rules of WebSocket itself, and gets nothing but the code.
            _ => "",
        };
        Assert.That(await socket.ClosedFor(events), Is.EqualTo((code, reason)));
        await sending.ContinueWith(_ => { }, TaskScheduler.Default).Soon();
        if (code is 1007 or 1009 or 1011 or 1013)
        {
            Assert.That(events[^1], Does.Contain("closing").And.Contain("reason"));
        }

        await Node.Publish("""{"user":"healthy"}""");
        Assert.That(await healthy.Hear(), Does.Contain("message"));
    }

    /// <summary>Random bytes and random frames: whatever they are, the socket beside them goes on. <c>RIG_FUZZ_ROUNDS</c> says how often, for a longer run.</summary>
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task Noise_HarmsNobodyElse(int seed)
    {
        using var healthy = await HealthyTraffic.Start(Node.External, Node.Api);
        using var beside = await Listen(Node.External, "beside");
        var random = new Random(seed);
        var rounds = LongerRun.Number("RIG_FUZZ_ROUNDS", 1);
        for (var i = 0; i < 40 * rounds; i++)
        {
            using var socket = await Listen(Node.External, "noise");
            for (var frames = 1 + random.Next(8); frames > 0; frames--)
            {
                var payload = new byte[random.Next(random.Next(2) == 0 ? 20 : 3_000)];
                random.NextBytes(payload);
                var bytes = random.Next(3) switch
                {
                    0 => payload,
                    1 => Frame(random.Next(256), payload),
                    _ => Frame(Final | Text, Encoding.UTF8.GetBytes(Beat[..random.Next(Beat.Length + 1)])),
                };
                if (await Sent(socket, bytes))
                {
                    continue;
                }

                break;
            }
        }

        await Node.Publish("""{"user":"beside","n":1}""");
        Assert.That(await beside.Hear(), Is.EqualTo("""[null,null,"user:beside","message",{"user":"beside","n":1}]"""));
        await healthy.StopUnharmed();

        static async Task<bool> Sent(RawWebSocket socket, byte[] bytes)
        {
            try
            {
                await socket.SendRaw(bytes);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        }
    }
}
