using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.Messages;

namespace RigKafka.Tests.Messages;

internal sealed class MessageTests
{
    [TestCase("""{"user":"alice","text":"Hi, Alice!"}""", "alice")]
    [TestCase("""{"a":{"user":"bob"},"b":[{"user":"bob"}],"user":"alice"}""", "alice")]
    [TestCase("""{"user":"al\u0069ce"}""", "alice")]
    [TestCase("""{"us\u0065r":"alice"}""", "alice")]
    [TestCase("""{"user":"a\"b\\c\/d\n"}""", "a\"b\\c/d\n")]
    [TestCase("""{"user":"jürgen 🔑 \ud83d\udd11"}""", "jürgen 🔑 🔑")]
    [TestCase("""{"user":""}""", "")]
    [TestCase("""{"user":null}""", "")]
    [TestCase("""{"user":42}""", "42")]
    [TestCase("""{"user":-4.20e+1}""", "-4.20e+1")]
    [TestCase("""{"user":true}""", "true")]
    [TestCase("""{"user":false}""", "false")]
    [TestCase("""{"User":"bob","user":"alice"}""", "alice")]
    [TestCase("""{"\ud800":1,"\udc00x":2,"user":"alice"}""", "alice")]
    [TestCase("""{"text":"half a pair: \ud800","user":"alice"}""", "alice")]
    [TestCase("""   {"user" : "alice"}   """, "alice")]
    public void TryParse_Message_FindsTheUser(string json, string user)
    {
        Assert.That(Parse(json, out var message), Is.EqualTo(MessageFault.None));
        Assert.That(message.User(), Is.EqualTo(user));
        Assert.That(message.User().Length, Is.LessThanOrEqualTo(message.MaxUserChars));
        Assert.That(Encoding.UTF8.GetString(message.Json.Span), Is.EqualTo(json));
    }

    [TestCase("", MessageFault.InvalidJson)]
    [TestCase("   ", MessageFault.InvalidJson)]
    [TestCase("{", MessageFault.InvalidJson)]
    [TestCase("garbage", MessageFault.InvalidJson)]
    [TestCase("""{"user":"alice"}{}""", MessageFault.InvalidJson)]
    [TestCase("""{"user":"alice"} x""", MessageFault.InvalidJson)]
    [TestCase("""{"user":"alice",}""", MessageFault.InvalidJson)]
    [TestCase("""{"user":"alice","n":01}""", MessageFault.InvalidJson)]
    [TestCase("""{"user":"alice","n":NaN}""", MessageFault.InvalidJson)]
    [TestCase("""{'user':'alice'}""", MessageFault.InvalidJson)]
    [TestCase("""{"user":"alice"/* why */}""", MessageFault.InvalidJson)]
    [TestCase("""{"user":"\x"}""", MessageFault.InvalidJson)]
    [TestCase("\uFEFF", MessageFault.InvalidJson)]
    [TestCase("\uFEFF\uFEFF{\"user\":\"alice\"}", MessageFault.InvalidJson)]
    [TestCase(" \uFEFF{\"user\":\"alice\"}", MessageFault.InvalidJson)]
    [TestCase("{\"user\":\"alice\"}\uFEFF", MessageFault.InvalidJson)]
    [TestCase("{\uFEFF\"user\":\"alice\"}", MessageFault.InvalidJson)]
    [TestCase("\uFEFF[]", MessageFault.NotAnObject)]
    [TestCase("{\"user\":\"al\nice\"}", MessageFault.InvalidJson)]
    [TestCase("{\"user\":\"alice\",\"text\":\"a\rb\"}", MessageFault.InvalidJson)]
    [TestCase("{\"user\":\"alice\",\"text\":\"a\tb\"}", MessageFault.InvalidJson)]
    [TestCase("{\"us\ner\":\"alice\"}", MessageFault.InvalidJson)]
    [TestCase("{\"user\":\"alice\",\"text\":\"a\\\nb\"}", MessageFault.InvalidJson)]
    [TestCase("[]", MessageFault.NotAnObject)]
    [TestCase("""[{"user":"alice"}]""", MessageFault.NotAnObject)]
    [TestCase("null", MessageFault.NotAnObject)]
    [TestCase("7", MessageFault.NotAnObject)]
    [TestCase("\"user\"", MessageFault.NotAnObject)]
    [TestCase("[", MessageFault.InvalidJson)]
    [TestCase("[] x", MessageFault.InvalidJson)]
    [TestCase("{}", MessageFault.NoUser)]
    [TestCase("""{"text":"user"}""", MessageFault.NoUser)]
    [TestCase("""{"a":{"user":"alice"}}""", MessageFault.NoUser)]
    [TestCase("""{"User":"alice"}""", MessageFault.NoUser)]
    [TestCase("""{"user":"alice","user":"alice"}""", MessageFault.UserTwice)]
    [TestCase("""{"user":"alice","us\u0065r":"bob"}""", MessageFault.UserTwice)]
    [TestCase("""{"user":"alice","user":{}}""", MessageFault.UserTwice)]
    [TestCase("""{"user":{"name":"alice"}}""", MessageFault.InvalidUser)]
    [TestCase("""{"user":["alice"]}""", MessageFault.InvalidUser)]
    [TestCase("""{"user":"\ud800"}""", MessageFault.InvalidUser)]
    [TestCase("""{"user":"\udc00\ud800"}""", MessageFault.InvalidUser)]
    [TestCase("""{"user":{"name":"alice"} x}""", MessageFault.InvalidJson)]
    public void TryParse_OtherText_IsAFault(string json, MessageFault fault) => Assert.That(Parse(json, out _), Is.EqualTo(fault));

    [TestCase(new byte[] { 0xFF })]
    [TestCase(new byte[] { 0xC0, 0xAF })]
    [TestCase(new byte[] { 0xED, 0xA0, 0x80 })]
    [TestCase(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [TestCase(new byte[] { 0xE2, 0x82 })]
    public void TryParse_InvalidUtf8_IsAFault(byte[] bytes)
    {
        byte[] json = [.. """{"user":"alice","text":" """u8, .. bytes, .. "\"}"u8];
        Assert.That(Message.TryParse(json, "user"u8, out _), Is.EqualTo(MessageFault.InvalidUtf8));
    }

    [TestCase(64, MessageFault.None)]
    [TestCase(65, MessageFault.TooDeep)]
    [TestCase(5000, MessageFault.TooDeep)]
    public void TryParse_Depth_IsBounded(int depth, MessageFault fault)
    {
        Assert.That(Parse("""{"user":"alice","x":""" + Nested('[', ']', "", depth - 1) + "}", out _), Is.EqualTo(fault), "lists");
        Assert.That(Parse("""{"user":"alice","x":""" + Nested("{\"y\":", "}", "1", depth - 1) + "}", out _), Is.EqualTo(fault), "objects");
        Assert.That(Parse("""{"user":"alice","x":""" + Nested("{\"y\":\n", "}", "1", depth - 1) + "}", out _), Is.EqualTo(fault), "lines");
        Assert.That(Parse(Nested('[', ']', "", depth), out _), Is.EqualTo(fault == MessageFault.None ? MessageFault.NotAnObject : fault), "no object");
    }

    [TestCase("x")]
    [TestCase("\"")]
    [TestCase("1,]")]
    [TestCase("}")]
    [TestCase("\"\\x\"")]
    [TestCase("nul")]
    [TestCase("")]
    public void TryParse_GarbageAtTheDeepestLevel_IsInvalid(string garbage)
    {
        Assert.That(Parse("""{"user":"alice","x":""" + new string('[', 63) + garbage, out _), Is.EqualTo(MessageFault.InvalidJson), "list");
        Assert.That(Parse("""{"user":"alice","x":""" + new string('[', 62) + "{" + garbage, out _), Is.EqualTo(MessageFault.InvalidJson), "object");
    }

    [Test]
    public void TryParse_ManyLines_BecomeOneOfTheSameValue()
    {
        var json = "{\r\n  \"user\": \"alice\",\n\t\"list\": [\r1,\n\n2],\n  \"text\": \"a\\r\\nb\"\n}\r\n";

        Assert.That(Parse(json, out var message), Is.EqualTo(MessageFault.None));
        Assert.That(message.Json.Span.ContainsAny((byte)'\r', (byte)'\n'), Is.False);
        Assert.That(JsonElement.DeepEquals(JsonElement.Parse(message.Json.Span), JsonElement.Parse(json)), Is.True);
        Assert.That(message.User(), Is.EqualTo("alice"));
    }

    [TestCase("{\"user\":\"alice\"}", "{\"user\":\"alice\"}")]
    [TestCase("\n{\"user\":\r\n\"alice\"}", " {\"user\":  \"alice\"}")]
    [TestCase("{\"user\":\"al\\u0069ce\"}", "{\"user\":\"al\\u0069ce\"}")]
    [TestCase("{\"text\":\"\uFEFF\",\"user\":\"alice\"}", "{\"text\":\"\uFEFF\",\"user\":\"alice\"}")]
    public void TryParse_ByteOrderMark_IsLeftOut(string json, string expected)
    {
        Assert.That(Parse("\uFEFF" + json, out var message), Is.EqualTo(MessageFault.None));
        Assert.That(Encoding.UTF8.GetString(message.Json.Span), Is.EqualTo(expected));
        Assert.That(message.User(), Is.EqualTo("alice"));
    }

    [Test]
    public void TryParse_OneLine_IsPassedThroughAsItIs()
    {
        var bytes = """{"user":"alice"}"""u8.ToArray();
        Message.TryParse(bytes, "user"u8, out var message);
        Assert.That(message.Json, Is.EqualTo(new ReadOnlyMemory<byte>(bytes)));
    }

    [Test]
    public void TryParse_UserField_MayHaveAnyName()
    {
        Assert.That(Message.TryParse("""{"benützer":"alice","user":"bob"}"""u8.ToArray(), "benützer"u8, out var message), Is.EqualTo(MessageFault.None));
        Assert.That(message.User(), Is.EqualTo("alice"));
    }

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public void TryParse_AnyBytes_AreAnsweredWithoutAnException(byte[] bytes) =>
        Assert.That(Message.TryParse(bytes, "user"u8, out _), Is.Not.EqualTo(MessageFault.None));

    [FsCheck.NUnit.Property(MaxTest = 5000)]
    public void TryParse_AnyBytesWithinAMessage_AgreeWithTheFrameworksParser(byte[] noise, int at)
    {
        var bytes = """{ "a":["\ud83d\udd11",1.5e3,{"b":null}],"user":"al\u0069ce", "c":true }"""u8.ToArray();
        var start = (int)((uint)at % bytes.Length);
        noise.AsSpan(0, Math.Min(noise.Length, bytes.Length - start)).CopyTo(bytes.AsSpan(start));

        var fault = Message.TryParse(bytes, "user"u8, out var message);
        if (fault == MessageFault.None)
        {
            Assert.That(message.Json.ToArray(), Is.EqualTo(bytes.Select(b => b is (byte)'\r' or (byte)'\n' ? (byte)' ' : b)));
            Assert.That(message.User(), Is.EqualTo(JsonElement.Parse(bytes).GetProperty("user").ToString()));
        }
        else if (fault == MessageFault.InvalidJson)
        {
            Assert.That(() => JsonElement.Parse(bytes), Throws.InstanceOf<JsonException>());
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public void TryParse_AnyName_IsReadBack(string? name)
    {
        var user = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name ?? ""));
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new { user, more = "x" });

        Assert.That(Message.TryParse(bytes, "user"u8, out var message), Is.EqualTo(MessageFault.None));
        Assert.That(message.User(), Is.EqualTo(user));
    }

    private static MessageFault Parse(string json, out Message message) => Message.TryParse(Encoding.UTF8.GetBytes(json), "user"u8, out message);

    private static string Nested(char open, char close, string inner, int depth) => Nested(open.ToString(), close.ToString(), inner, depth);

    private static string Nested(string open, string close, string inner, int depth) =>
        string.Concat(Enumerable.Repeat(open, depth)) + inner + string.Concat(Enumerable.Repeat(close, depth));
}
