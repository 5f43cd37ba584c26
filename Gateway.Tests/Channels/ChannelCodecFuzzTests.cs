using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.Channels;

namespace RigKafka.Tests.Channels;

/// <summary>Whatever a client sends is a frame or is none; nothing is thrown. <c>RIG_FUZZ_ROUNDS</c> says how often, for a longer run.</summary>
internal sealed class ChannelCodecFuzzTests
{
    private static readonly int Rounds = LongerRun.Number("RIG_FUZZ_ROUNDS", 1);

    private static readonly byte[][] Seeds =
    [
        """{"topic":"user:alice","event":"phx_join","payload":{"a":[1,2.5e3,null,true,"\u00e9\ud83d\ude42"]},"ref":"1"}"""u8.ToArray(),
        """["1","2","user:alice","phx_join",{"a":{"b":"\"\\"}}]"""u8.ToArray(),
        """[1,-2.5e3,"user:alice","phx_join",{}]"""u8.ToArray(),
        """{"t\ud800":1,"topic":"\udfff","event":"","payload":"\ud800\ud800","ref":null}"""u8.ToArray(),
        Encoding.UTF8.GetBytes(new string('[', 70) + new string(']', 70)),
    ];

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public void Parse_OfDamagedFrames_NeverThrows_AndWhatItTakesCanBeAnswered(int seed)
    {
        var random = new Random(seed);
        var taken = 0;
        for (var i = 0L; i < 20_000L * Rounds; i++)
        {
            var text = Damage(Seeds[random.Next(Seeds.Length)], random);
            foreach (var version in new[] { ChannelCodec.V1, ChannelCodec.V2 })
            {
                if (version.Parse(text) is { } frame)
                {
                    taken++;
                    using var reply = JsonDocument.Parse(version.Reply(frame.Ref, frame.Ref, frame.Topic, true, "{}"));
                    Assert.That(reply.RootElement.ValueKind, Is.AnyOf(JsonValueKind.Array, JsonValueKind.Object));
                }
            }
        }

        Assert.That(taken, Is.Positive);
    }

    [TestCase(1)]
    [TestCase(2)]
    public void Parse_OfRandomBytes_NeverThrows(int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[64];
        for (var i = 0L; i < 20_000L * Rounds; i++)
        {
            random.NextBytes(bytes);
            var text = bytes.AsMemory(0, random.Next(bytes.Length));
            ChannelCodec.V1.Parse(text);
            ChannelCodec.V2.Parse(text);
        }
    }

    private static byte[] Damage(byte[] seed, Random random)
    {
        var text = seed.ToList();
        for (var changes = random.Next(4); changes > 0 && text.Count > 0; changes--)
        {
            var at = random.Next(text.Count);
            switch (random.Next(4))
            {
                case 0:
                    text[at] = (byte)random.Next(256);
                    break;
                case 1:
                    text.RemoveAt(at);
                    break;
                case 2:
                    text.Insert(at, (byte)"{}[]\",:\\u0d8"[random.Next(12)]);
                    break;
                default:
                    text.RemoveRange(at, Math.Min(text.Count - at, random.Next(10)));
                    break;
            }
        }

        return [.. text];
    }
}
