using System.Diagnostics;
using System.Net;
using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Telemetry;

/// <summary>The way of a message over Kafka to two nodes is one tree in one trace. The nodes are processes, since spans are the process's.</summary>
internal sealed class MessageTracingTests : KafkaFixture
{
    private const string Sampled = "0af7651916cd43dd8448eb211c80319c";
    private const string Unsampled = "1bf7651916cd43dd8448eb211c80319c";
    private const string Caller = "b7ad6b7169203331";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null }) { Timeout = Limits.Hang };

    [TestCase(Collector.Grpc)]
    [TestCase(Collector.Http)]
    public async Task Message_IsSentOnce_AndProcessedOnEachNode_WhateverListens(string protocol)
    {
        await using var collector = await Collector.Start(protocol);
        var topic = await Topics.Create(1);
        await using var one = await Start(topic, collector.Environment);
        await using var two = await Start(topic, collector.Environment);
        using var first = await Listen(one);
        using var second = await Listen(one);
        await Post(one, $"00-{Unsampled}-{Caller}-00");
        await Post(one, $"00-{Sampled}-{Caller}-01");
        await Topics.Write(topic, 0, Record("rubbish", $"00-{Sampled}-{Caller}-01"));
        await first.Next(2);

        var spans = (await collector.Until(6, span => span.Trace == Sampled)).Where(span => span.Trace is Sampled or Unsampled).ToList();
        Assert.That(spans.Select(span => span.Trace), Is.All.EqualTo(Sampled));
        var request = spans.Single(span => span.Kind is ActivityKind.Server);
        var send = spans.Single(span => span.Kind is ActivityKind.Producer);
        var processed = spans.Where(span => span.Kind is ActivityKind.Consumer).ToLookup(span => span.Tags["messaging.kafka.offset"]);
        Assert.That((request.Name, request.Parent, request.Node), Is.EqualTo(("POST /v1/messages", Caller, send.Node)));
        Assert.That((send.Name, send.Parent, send.IsError), Is.EqualTo(($"send {topic}", request.Id, false)));
        Assert.That(Text(send), Is.EqualTo(Text("send", topic, offset: 1)));
        foreach (var span in processed["1"])
        {
            Assert.That((span.Name, span.Parent, span.Links.Single(), span.IsError), Is.EqualTo(($"process {topic}", send.Id, $"{Sampled}-{send.Id}", false)));
            Assert.That(Text(span), Is.EqualTo(Text("process", topic, offset: 1, listeners: span.Node == send.Node ? 2 : 0)));
        }

        foreach (var span in processed["2"])
        {
            Assert.That((span.Parent, span.Links.Single(), span.IsError), Is.EqualTo((Caller, $"{Sampled}-{Caller}", true)));
            Assert.That(Text(span), Is.EqualTo(Text("process", topic, offset: 2, listeners: 0, error: "invalid_json")));
        }

        Assert.That(processed.Select(each => each.Select(span => span.Node).Distinct().Count()), Is.EqualTo([2, 2]));
        Assert.That(Topics.ReadAll(topic).Select(Parent), Is.EqualTo([$"00-{Unsampled}-{Caller}-00", $"00-{Sampled}-{send.Id}-01", $"00-{Sampled}-{Caller}-01"]));
    }

    [Test]
    public async Task Message_ThatIsNotStored_IsAnErrorOfBothSpans()
    {
        await using var collector = await Collector.Start();
        await using var node = await GatewayProcess.Start(
            new Dictionary<string, string>(collector.Environment) { ["KAFKA_ENABLED"] = "true", ["KAFKA_HOSTS"] = "127.0.0.1:1", ["KAFKA_SOURCE_TOPICS"] = "nowhere", ["PUBLISH_TIMEOUT_MS"] = "200" });
        await Post(node, $"00-{Sampled}-{Caller}-01", HttpStatusCode.ServiceUnavailable);

        var spans = await collector.Until(2, span => span.Trace == Sampled);
        var send = spans.Single(span => span.Kind is ActivityKind.Producer);
        Assert.That((send.Name, send.IsError, send.Tags["error.type"], spans.Single(span => span.Kind is ActivityKind.Server).IsError), Is.EqualTo(("send nowhere", true, "not_stored", true)));
    }

    private static async Task<SseClient> Listen(GatewayProcess node)
    {
        var stream = await SseClient.Open(node.External, $"users[]=alice&token={Token.Of("alice")}");
        await stream.Next("phx_reply");
        return stream;
    }

    private static async Task Post(GatewayProcess node, string parent, HttpStatusCode expected = HttpStatusCode.Accepted)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Api, "/v1/messages")) { Content = new StringContent("""{"user":"alice"}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("traceparent", parent);
        using var response = await Http.SendAsync(request).Soon();
        Assert.That(response.StatusCode, Is.EqualTo(expected));
    }

    private static Message<byte[]?, byte[]?> Record(string value, string parent) =>
        new() { Value = Encoding.UTF8.GetBytes(value), Headers = new Headers { { "traceparent", Encoding.UTF8.GetBytes(parent) } } };

    private static string Parent(WrittenRecord record) => record.Headers.Single(header => header.Name == "traceparent").Value;

    /// <summary>All that a span says: no more than it may.</summary>
    private static string Text(ExportedSpan span) => string.Join(' ', span.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"));

    private static string Text(string operation, string topic, int offset, int? listeners = null, string? error = null) =>
        (error is null ? "" : $"error.type={error} ")
        + $"messaging.destination.name={topic} messaging.destination.partition.id=0 messaging.kafka.offset={offset} messaging.operation.name={operation} messaging.operation.type={operation} messaging.system=kafka"
        + (listeners is null ? "" : $" rig.listeners={listeners}");

    private async Task<GatewayProcess> Start(string topic, Dictionary<string, string> collector)
    {
        var settings = KafkaNode.Settings(Topics.Hosts, topic, new() { ["JWT_SECRET_KEY"] = Token.Secret }).Select(setting => KeyValuePair.Create(setting.Key, setting.Value!));
        var node = await GatewayProcess.Start(settings.Concat(collector).ToDictionary());
        await node.UntilReady();
        return node;
    }
}
