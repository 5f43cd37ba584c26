using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.Channels;

namespace RigKafka.Tests.Channels;

internal sealed class ChannelCodecTests
{
    private const string Odd = "user:\"quoted\"\\ \r\n\u2028é🙂";

    [TestCase(true, "ok")]
    [TestCase(false, "error")]
    public void Reply_HasTheOriginalsMembersInTheirOrder(bool isOk, string status)
    {
        Assert.That(Text(ChannelCodec.V1.Reply("1", "\"1\"", "user:alice", isOk, """{"a":1}""")),
            Is.EqualTo($$$"""{"topic":"user:alice","ref":"1","payload":{"status":"{{{status}}}","response":{"a":1}},"join_ref":null,"event":"phx_reply"}"""));
        Assert.That(Text(ChannelCodec.V2.Reply("\"1\"", "\"2\"", "user:alice", isOk, """{"a":1}""")),
            Is.EqualTo($$$"""["1","2","user:alice","phx_reply",{"status":"{{{status}}}","response":{"a":1}}]"""));
    }

    [Test]
    public void Event_HasTheOriginalsMembersInTheirOrder()
    {
        Assert.That(Text(ChannelCodec.V1.Event("user:alice", "message", """{"user":"alice"}"""u8)), Is.EqualTo("""{"topic":"user:alice","ref":null,"payload":{"user":"alice"},"event":"message"}"""));
        Assert.That(Text(ChannelCodec.V2.Event("user:alice", "message", """{"user":"alice"}"""u8)), Is.EqualTo("""[null,null,"user:alice","message",{"user":"alice"}]"""));
    }

    [Test]
    public void Closed_RepeatsTheReferenceOfTheJoin()
    {
        Assert.That(Text(ChannelCodec.V1.Closed("\"3\"", "user:alice")), Is.EqualTo("""{"topic":"user:alice","ref":"3","payload":{},"event":"phx_close"}"""));
        Assert.That(Text(ChannelCodec.V2.Closed("\"3\"", "user:alice")), Is.EqualTo("""["3","3","user:alice","phx_close",{}]"""));
        Assert.That(Text(ChannelCodec.V1.Failed("\"3\"", "user:alice")), Is.EqualTo("""{"topic":"user:alice","ref":"3","payload":{},"event":"phx_error"}"""));
        Assert.That(Text(ChannelCodec.V2.Failed("\"3\"", "user:alice")), Is.EqualTo("""["3","3","user:alice","phx_error",{}]"""));
    }

    [Test]
    public void Frame_WithAnyTopic_IsOneLineOfJsonThatNamesIt()
    {
        foreach (var frame in new[] { ChannelCodec.V1.Reply("1", null, Odd, true, "{}"), ChannelCodec.V1.Event(Odd, "message", "{}"u8), ChannelCodec.V1.Closed(null, Odd) })
        {
            Assert.That(frame, Has.None.EqualTo((byte)'\n').And.None.EqualTo((byte)'\r'));
            Assert.That(JsonDocument.Parse(frame).RootElement.GetProperty("topic").GetString(), Is.EqualTo(Odd));
        }

        foreach (var frame in new[] { ChannelCodec.V2.Reply("1", null, Odd, true, "{}"), ChannelCodec.V2.Event(Odd, "message", "{}"u8), ChannelCodec.V2.Closed(null, Odd) })
        {
            Assert.That(frame, Has.None.EqualTo((byte)'\n').And.None.EqualTo((byte)'\r'));
            Assert.That(JsonDocument.Parse(frame).RootElement[2].GetString(), Is.EqualTo(Odd));
        }
    }

    [Test]
    public void Parse_OfAFrame_TakesWhatTheClientSays()
    {
        var one = ChannelCodec.V1.Parse("""{"topic":"user:a","event":"phx_join","payload":{"x":1},"ref":"7"}"""u8.ToArray())!;
        var two = ChannelCodec.V2.Parse("""["6","7","user:a","phx_join",{"x":1}]"""u8.ToArray())!;

        Assert.That((one.JoinRef, one.Ref, one.Topic, one.Event, Text(one.Payload.ToArray())), Is.EqualTo(((string?)null, "\"7\"", "user:a", "phx_join", """{"x":1}""")));
        Assert.That((two.JoinRef, two.Ref, two.Topic, two.Event, Text(two.Payload.ToArray())), Is.EqualTo(("\"6\"", "\"7\"", "user:a", "phx_join", """{"x":1}""")));
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("""["1","2","t","e"]""")]
    [TestCase("""["1","2",null,"e",{}]""")]
    [TestCase("""[true,"2","t","e",{}]""")]
    [TestCase("""["1",false,"t","e",{}]""")]
    [TestCase("""[["1"],"2","t","e",{}]""")]
    [TestCase("""["1",{},"t","e",{}]""")]
    [TestCase("""["1","\ud800","t","e",{}]""")]
    [TestCase("""["\udfff","2","t","e",{}]""")]
    [TestCase("""{"topic":"t","event":"e","payload":{},"ref":true}""")]
    [TestCase("""{"topic":"t","event":"e","payload":{},"ref":[1]}""")]
    [TestCase("""{"topic":"t","event":"e","payload":{},"ref":{"a":1}}""")]
    [TestCase("""{"topic":"t","event":"e","payload":{},"ref":"\ud800"}""")]
    [TestCase("""{"topic":"t","event":"e","payload":{}}""")]
    [TestCase("""{"topic":"t","event":"e","ref":"1"}""")]
    [TestCase("""{"topic":5,"event":"e","payload":{},"ref":"1"}""")]
    [TestCase("""{"topic":"\ud800","event":"e","payload":{},"ref":"1"}""")]
    [TestCase("""["1","2","\ud800","e",{}]""")]
    public void Parse_OfWhatIsNoFrame_IsNull(string text)
    {
        Assert.That(ChannelCodec.V1.Parse(Encoding.UTF8.GetBytes(text)), Is.Null);
        Assert.That(ChannelCodec.V2.Parse(Encoding.UTF8.GetBytes(text)), Is.Null);
    }

    [TestCase("1")]
    [TestCase("\"1\"")]
    [TestCase("0")]
    [TestCase("-1.50e+400")]
    [TestCase("123456789012345678901234567890")]
    [TestCase("\"\"")]
    [TestCase("\"\\u0031\"")]
    [TestCase("\"\\ud83d\\ude42 🙂\\n\"")]
    [TestCase("null")]
    public void Reference_IsRepeatedAsItCame(string json)
    {
        var one = ChannelCodec.V1.Parse(Encoding.UTF8.GetBytes($$"""{"topic":"t","event":"e","payload":{},"ref":{{json}},"join_ref":[]}"""))!;
        var two = ChannelCodec.V2.Parse(Encoding.UTF8.GetBytes($"[{json},{json},\"t\",\"e\",{{}}]"))!;

        Assert.That(Text(ChannelCodec.V1.Reply(one.Ref, one.Ref, "t", true, "{}")),
            Is.EqualTo($$$"""{"topic":"t","ref":{{{json}}},"payload":{"status":"ok","response":{}},"join_ref":null,"event":"phx_reply"}"""));
        Assert.That(Text(ChannelCodec.V1.Closed(one.Ref, "t")), Is.EqualTo($$"""{"topic":"t","ref":{{json}},"payload":{},"event":"phx_close"}"""));
        Assert.That(Text(ChannelCodec.V2.Reply(two.JoinRef, two.Ref, "t", true, "{}")), Is.EqualTo($$$"""[{{{json}}},{{{json}}},"t","phx_reply",{"status":"ok","response":{}}]"""));
        Assert.That(Text(ChannelCodec.V2.Closed(two.JoinRef, "t")), Is.EqualTo($$"""[{{json}},{{json}},"t","phx_close",{}]"""));
    }

    [TestCase(128, true)]
    [TestCase(129, false)]
    public void Reference_OfMoreThan128Bytes_IsNoFrame(int bytes, bool isFrame)
    {
        foreach (var json in new[] { $"\"{new string('x', bytes)}\"", $"\"{new string('é', bytes / 2)}{new string('x', bytes % 2)}\"", $"\"{new string('x', bytes - 6)}\\u0031\"", new string('1', bytes) })
        {
            Assert.That(ChannelCodec.V1.Parse(Encoding.UTF8.GetBytes($$"""{"topic":"t","event":"e","payload":{},"ref":{{json}}}""")) is not null, Is.EqualTo(isFrame), json);
            Assert.That(ChannelCodec.V2.Parse(Encoding.UTF8.GetBytes($"[null,{json},\"t\",\"e\",{{}}]")) is not null, Is.EqualTo(isFrame), json);
            Assert.That(ChannelCodec.V2.Parse(Encoding.UTF8.GetBytes($"[{json},null,\"t\",\"e\",{{}}]")) is not null, Is.EqualTo(isFrame), json);
        }
    }

    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);
}
