using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

/// <summary>
/// Random frames, right and wrong ones, cut wherever it may be: the messages, and the answers to the byte, are those of the framework's
/// parser. <c>RIG_FUZZ_ROUNDS</c> says how often, for a longer run.
/// </summary>
internal sealed class WebSocketNoiseTests
{
    private const int Rounds = 30;

    private static readonly ChannelOptions Options = new() { MessageMaxBytes = 100_000, MessagesPerSecond = 1_000_000 };

    [Test]
    public async Task Frames_AreReadAsByTheFramework([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        // How many pieces there are depends on when the reader ends: what follows must not.
        var cuts = new Random(seed);
        for (var round = 0; round < Rounds * LongerRun.Number("RIG_FUZZ_ROUNDS", 1); round++)
        {
            var bytes = Conversation(random);
            var expected = await ByTheFramework(bytes);

            using var client = new ReadClient(Options, new FakeTimeProvider());
            await client.Started();
            for (var rest = bytes.AsMemory(); !rest.IsEmpty && !client.Reading.IsCompleted;)
            {
                var length = Math.Min(rest.Length, cuts.Next(3) == 0 ? 1 : cuts.Next(1, 200));
                await Task.WhenAny(client.SendRaw(rest[..length]), client.Reading).Soon();
                rest = rest[length..];
            }

            client.Break();
            var answers = Convert.ToHexString(await client.Answers());
            Assert.That(client.Frames.Select(frame => frame.Topic), Is.EqualTo(expected.Topics), Text);
            Assert.That(answers, Is.AnyOf([.. expected.Answers.Select(Convert.ToHexString)]), Text);

            string Text() => $"round {round}: {Convert.ToHexString(bytes)}";
        }
    }

    [Test]
    public async Task CloseCodes_AreTakenOrNot_AsByTheFramework()
    {
        for (ushort code = 990; code < 5010; code++)
        {
            var payload = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(payload, code);
            byte[] close = [WebSocketFrame.Final | WebSocketFrame.CloseOpcode, 0x80 | 2, 0, 0, 0, 0, .. payload];
            var answers = (await ByTheFramework(close)).Answers;

            var own = WebSocketFrame.Close(WebSocketFrame.CloseCode(payload) ?? WebSocketFrame.ProtocolError);
            Assert.That(answers.Select(Convert.ToHexString), Does.Contain(Convert.ToHexString(own)), $"{code}");
        }
    }

    private static byte[] Conversation(Random random)
    {
        var frames = new List<byte>();
        var rest = "";
        for (var left = random.Next(1, 12); left > 0; left--)
        {
            var isAmidMessage = rest.Length > 0;
            switch (random.Next(20))
            {
                case < 4:
                    var control = random.Next(2) == 0 ? WebSocketFrame.PingOpcode : WebSocketFrame.PongOpcode;
                    frames.AddRange(Frame(random, WebSocketFrame.Final | control, Noise(random, random.Next(126))));
                    break;
                case 4:
                    frames.AddRange(Frame(random, random.Next(256), Encoding.ASCII.GetBytes(new string('x', random.Next(300)))));
                    break;
                case 5:
                    frames.AddRange(Frame(random, WebSocketFrame.Final | WebSocketFrame.CloseOpcode, ClosePayload(random)));
                    break;
                case 6:
                    frames.AddRange(Frame(random, WebSocketFrame.Final | WebSocketFrame.TextOpcode, "x"u8, isMasked: random.Next(2) == 0));
                    break;
                default:
                    var text = isAmidMessage ? rest : $"""[null,"1","{new string('x', random.Next(2) == 0 ? random.Next(50) : random.Next(70_000))}","e",null]""";
                    var length = random.Next(3) == 0 ? random.Next(text.Length) : text.Length;
                    rest = text[length..];
                    var first = isAmidMessage ? WebSocketFrame.ContinuationOpcode : random.Next(2) == 0 ? WebSocketFrame.TextOpcode : WebSocketFrame.BinaryOpcode;
                    frames.AddRange(Frame(random, first | (rest.Length == 0 ? WebSocketFrame.Final : 0), Encoding.ASCII.GetBytes(text[..length])));
                    break;
            }
        }

        return [.. random.Next(5) == 0 ? frames.Take(random.Next(frames.Count)) : frames];
    }

    private static byte[] ClosePayload(Random random)
    {
        var payload = Noise(random, random.Next(4) == 0 ? 1 : random.Next(40));
        if (payload.Length >= 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)random.Next(990, 5010));
            payload.AsSpan(2).Fill((byte)'x');
        }

        return payload;
    }

    private static byte[] Noise(Random random, int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    /// <summary>A client's frame. Its length takes eight bytes now and then, where the first of them may be wrong.</summary>
    private static byte[] Frame(Random random, int first, ReadOnlySpan<byte> payload, bool isMasked = true)
    {
        var size = payload.Length > ushort.MaxValue || random.Next(10) == 0 ? 8 : payload.Length > FrameHead.LongestControl ? 2 : 0;
        var head = new byte[2 + size];
        head[0] = (byte)first;
        head[1] = (byte)((isMasked ? 0x80 : 0) | (size switch { 8 => 127, 2 => 126, _ => payload.Length }));
        if (size == 8)
        {
            BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(2), random.Next(20) == 0 ? -1 : payload.Length);
        }
        else if (size == 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)payload.Length);
        }

        var mask = Noise(random, isMasked ? 4 : 0);
        var masked = payload.ToArray();
        for (var i = 0; isMasked && i < masked.Length; i++)
        {
            masked[i] ^= mask[i % 4];
        }

        return [.. head, .. mask, .. masked];
    }

    /// <summary>The topics of the messages, and what may be answered.</summary>
    private static async Task<(List<string> Topics, List<byte[]> Answers)> ByTheFramework(byte[] bytes)
    {
        var topics = new List<string>();
        var stream = new Recorded(bytes);
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        var buffer = new byte[Options.MessageMaxBytes];
        try
        {
            for (var length = 0; ;)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    var status = socket.CloseStatus!.Value;
                    await socket.CloseOutputAsync(status == WebSocketCloseStatus.Empty ? WebSocketCloseStatus.NormalClosure : status, null, CancellationToken.None);
                    return (topics, [stream.Written.ToArray()]);
                }

                length += read.Count;
                if (!read.EndOfMessage)
                {
                    continue;
                }

                if (ChannelCodec.V2.Parse(buffer.AsMemory(0, length).ToArray()) is not { } frame)
                {
                    return (topics, [[.. stream.Written.ToArray(), .. WebSocketFrame.Close(CloseReason.BadFrame)]]);
                }

                topics.Add(frame.Topic);
                length = 0;
            }
        }
        catch (WebSocketException exception)
        {
            var written = stream.Written.ToArray();
            // It does not look at a frame that is cut off; what is there of it may be wrong all the same.
            return (topics, exception.WebSocketErrorCode != WebSocketError.ConnectionClosedPrematurely
                ? [written]
                : [written, [.. written, .. WebSocketFrame.Close(WebSocketFrame.ProtocolError)]]);
        }
    }

    private sealed class Recorded(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public MemoryStream Written { get; } = new();

        public override bool CanWrite => true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => Written.WriteAsync(buffer, cancellationToken);
    }
}
