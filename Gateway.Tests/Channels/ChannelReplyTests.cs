using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.Channels;

namespace RigKafka.Tests.Channels;

internal sealed class ChannelReplyTests
{
    [TestCase(true, "ok")]
    [TestCase(false, "error")]
    public void Envelope_HasTheOriginalsFieldsInTheirOrder(bool isOk, string status) =>
        Assert.That(Encoding.UTF8.GetString(ChannelReply.Envelope("user:alice", isOk, "{\"a\":1}")),
            Is.EqualTo($$$"""{"topic":"user:alice","ref":null,"payload":{"status":"{{{status}}}","response":{"a":1}},"join_ref":null,"event":"phx_reply"}"""));

    [TestCase("user:\"quoted\"\\ \r\n\u2028é🙂")]
    public void Envelope_WithAnyTopic_IsOneLineOfJsonThatNamesIt(string topic)
    {
        var envelope = ChannelReply.Envelope(topic, true, "{}");

        Assert.That(envelope, Has.None.EqualTo((byte)'\n').And.None.EqualTo((byte)'\r'));
        Assert.That(JsonDocument.Parse(envelope).RootElement.GetProperty("topic").GetString(), Is.EqualTo(topic));
    }
}
