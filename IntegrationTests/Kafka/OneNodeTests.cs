using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What a node does with what stands in Kafka, and writes there.</summary>
internal sealed class OneNodeTests : KafkaFixture
{
    private string _topic = null!;

    [SetUp]
    public async Task CreateTheTopic() => _topic = await Topics.Create(partitions: 1);

    [Test]
    public async Task PoisonOfEveryKind_IsCountedAndSkipped_AndTheNextGoodOneArrives_OnEveryNode()
    {
        (string Kind, byte[]? Value)[] poison =
        [
            ("tombstone", null),
            ("invalid_json", []),
            ("invalid_json", Bytes("not json")),
            ("invalid_json", Bytes("""{"user":"alice" """)),
            ("invalid_json", Bytes("""{"user":"alice"}{"user":"alice"}""")),
            ("invalid_json", [0, 1, 2, 3]),
            ("invalid_utf8", [.. Bytes("{\"user\":\"alice\",\"x\":\""), 0xC3, 0x28, .. Bytes("\"}")]),
            ("not_an_object", Bytes("[{\"user\":\"alice\"}]")),
            ("not_an_object", Bytes("\"alice\"")),
            ("not_an_object", Bytes("null")),
            ("no_user", Bytes("{}")),
            ("no_user", Bytes("""{"name":"alice"}""")),
            ("user_twice", Bytes("""{"user":"alice","user":"bob"}""")),
            ("invalid_user", Bytes("""{"user":{"name":"alice"}}""")),
            ("invalid_user", Bytes("""{"user":["alice"]}""")),
            ("too_deep", Bytes($$"""{"user":"alice","x":{{new string('[', 100)}}{{new string(']', 100)}}}""")),
        ];
        var nodes = await KafkaNode.StartTwo(Topics.Hosts, _topic);
        await using var one = nodes[0];
        await using var two = nodes[1];
        using var here = await one.Listen("alice");
        using var there = await two.Listen("alice");

        for (var n = 0; n < poison.Length; n++)
        {
            await Topics.Write(_topic, 0, new Message<byte[]?, byte[]?> { Key = [0xFF, (byte)n], Value = poison[n].Value, Headers = new Headers { { "", [0xFE] }, { "traceparent", [] } } });
            await Topics.Write(_topic, 0, new Message<byte[]?, byte[]?> { Key = [], Value = Bytes($$"""{"user":"alice","n":{{n}}}"""), Headers = new Headers { { "x", null! }, { "x", [0] } } });
            foreach (var stream in new[] { here, there })
            {
                Assert.That((await stream.Next("message")).Data, Is.EqualTo($$"""{"user":"alice","n":{{n}}}"""), $"after {poison[n].Kind}");
            }
        }

        foreach (var node in nodes)
        {
            var metrics = await node.Metrics();
            foreach (var (kind, count) in poison.CountBy(record => record.Kind))
            {
                Assert.That(metrics.Sum("rig_messages_poison_total", $"kind=\"{kind}\""), Is.EqualTo(count), kind);
            }

            var lines = node.Log.All.Where(line => line.EventName == "PoisonSkipped").ToArray();
            Assert.That(lines[0].Text, Does.Contain($"{_topic}/0/0").And.Contain("tombstone"));
            Assert.That(lines.Select(line => line.Text), Has.None.Contains("alice"));
        }
    }

    /// <summary>A back-end that writes into Kafka itself knows nothing of a node's limits, and a node with other limits may have written for it.</summary>
    [Test]
    public async Task RecordTooLargeForAnOutbox_IsAGapForItsUser_AndOneThatIsOnlyLargerThanAMessageMayBe_IsDelivered()
    {
        var topic = await Topics.Create(partitions: 1, configs: new() { ["max.message.bytes"] = "50000000" });
        await using var node = await KafkaNode.Start(Topics.Hosts, topic);
        using var stream = await node.Listen("alice");
        using var other = await node.Listen("bob");
        string Large(int bytes) => $$"""{"user":"alice","pad":"{{new string('x', bytes)}}"}""";

        await Topics.Write(topic, 0, Large(20_000_000));
        await Topics.Write(topic, 0, Large(1_000_000));
        await Topics.Write(topic, 0, """{"user":"bob"}""");

        Assert.That((await stream.Next("gap")).Data, Is.EqualTo("""{"reason":"too_large"}"""));
        Assert.That((await stream.Next("message")).Data, Is.EqualTo(Large(1_000_000)));
        await other.Next("message");
        Assert.That((stream.Ended.IsCompleted, node.Registry.Open), Is.EqualTo((false, 2)));
        Assert.That((await node.Metrics()).Sum("rig_messages_poison_total", "kind=\"too_large\""), Is.EqualTo(1));
        Assert.That(node.Log.All.Where(line => line.EventName == "PoisonSkipped").Select(line => line.Text), Has.One.Contains($"{topic}/0/0").And.Contains("too_large"));
    }

    [Test]
    public async Task PublishedMessage_IsKeyedByItsUser_AndCarriesTheTraceOfItsPublisher()
    {
        const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        await using var node = await KafkaNode.Start(Topics.Hosts, _topic);

        using (var answer = await node.Post("""{"user":"Jürgen","n":1}""", ("traceparent", Trace), ("tracestate", "a=1,b=2"), ("x-other", "no")))
        {
            Assert.That((int)answer.StatusCode, Is.EqualTo(202));
        }

        await node.Publish("""{"user":5}""");

        var records = Topics.ReadAll(_topic);
        Assert.That(records.Select(record => (record.Key, record.Value)), Is.EqualTo([("Jürgen", """{"user":"Jürgen","n":1}"""), ("5", """{"user":5}""")]));
        Assert.That(records[0].Headers, Is.EqualTo([("traceparent", Trace), ("tracestate", "a=1,b=2")]));
        Assert.That(records[1].Headers.Select(header => header.Name), Has.None.EqualTo("tracestate"));
    }

    [Test]
    public async Task LargestMessage_GoesThroughKafka()
    {
        await using var node = await KafkaNode.Start(Topics.Hosts, _topic);
        using var stream = await node.Listen("alice");
        var json = $$"""{"user":"alice","pad":"{{new string('x', 900_000)}}"}""";

        await node.Publish(json);

        Assert.That((await stream.Next("message")).Data, Has.Length.EqualTo(json.Length));
    }

    [Test]
    public async Task TopicThatIsRecreated_IsAGap_AndIsReadFromItsBeginning()
    {
        await using var node = await KafkaNode.Start(Topics.Hosts, _topic, new() { ["KAFKA_METADATA_REFRESH_MS"] = "300" });
        using var stream = await node.Listen("alice");
        await node.Publish("""{"user":"alice","n":1}""");
        await stream.Next("message");

        await Topics.Delete(_topic);
        await Wait.Until(() => Recreate(), "the topic can be created again");
        await Topics.Write(_topic, 0, """{"user":"alice","n":2}""");

        Assert.That((await stream.Next("gap")).Data, Is.EqualTo("""{"reason":"topic_recreated"}"""));
        Assert.That((await stream.Next("message")).Data, Is.EqualTo("""{"user":"alice","n":2}"""));
        await AssertAllMetricsAreThere(node);

        async Task<bool> Recreate()
        {
            try
            {
                await Topics.Create(partitions: 1, _topic);
                return true;
            }
            catch (Confluent.Kafka.Admin.CreateTopicsException)
            {
                return false;
            }
        }
    }

    [Test, NonParallelizable]
    public async Task Latency_FromPostToSocket_IsMeasured()
    {
        const int Messages = 500;
        var interval = TimeSpan.FromMilliseconds(10);
        await using var node = await KafkaNode.Start(Topics.Hosts, _topic);
        using var stream = await node.Listen("alice");
        for (var n = 0; n < 50; n++)
        {
            await node.Publish("""{"user":"alice"}""");
            await stream.Next("message");
        }

        // From the time that each was due, so that one that is late does not hide those behind it.
        var due = new long[Messages];
        var start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        var posts = new List<Task>();
        for (var n = 0; n < Messages; n++)
        {
            due[n] = start + (long)(n * interval.TotalSeconds * Stopwatch.Frequency);
            while (Stopwatch.GetTimestamp() < due[n])
            {
                await timer.WaitForNextTickAsync();
            }

            posts.Add(node.Publish($$"""{"user":"alice","n":{{n}}}"""));
        }

        await Task.WhenAll(posts).Soon();
        var took = (await stream.Next(Messages)).Select(got => Stopwatch.GetElapsedTime(due[Number(got)], got.At).TotalMilliseconds).Order().ToArray();
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"POST to socket through Kafka at 100/s: p50 {took[Messages / 2]:0.0} ms, p99 {took[Messages * 99 / 100]:0.0} ms, max {took[^1]:0.0} ms."));

        Assert.That(took, Has.Length.EqualTo(Messages));

        static int Number(SseEvent got)
        {
            using var message = System.Text.Json.JsonDocument.Parse(got.Data!);
            return message.RootElement.GetProperty("n").GetInt32();
        }
    }

    /// <summary>After a message, poison, a refusal, a close and a gap.</summary>
    private async Task AssertAllMetricsAreThere(GatewayNode node)
    {
        await Topics.Write(_topic, 0, "poison");
        using (var refused = await node.GetExternal("/socket/sse"))
        using (await node.Listen("alice"))
        {
        }

        string[] expected =
        [
            "rig_connections", "rig_connections_closed_total", "rig_connections_refused_total", "rig_messages_read_total", "rig_messages_poison_total", "rig_messages_published_total",
            "rig_deliveries_total", "rig_log_gaps_total", "rig_delivery_duration_seconds_bucket", "rig_delivery_duration_seconds_count", "rig_delivery_duration_seconds_sum", "rig_log_lag", "rig_log_degraded", "rig_table_entries",
            "rig_table_skipped_total", "rig_proxy_refused_total", "rig_proxy_failed_total", "rig_proxy_headers_dropped_total", "rig_request_log_dropped_total", "rig_tcp_connections", "rig_tcp_reset_total",
            "rig_history_messages", "rig_history_reach_seconds", "rig_history_size_bytes", "rig_resumes_total", "rig_resumes_gaps_total", "rig_resumes_messages_total",
            "rig_rewind_passes_total", "rig_rewind_records_total", "rig_build_info", "rig_ready", "rig_connections_limit", "rig_tcp_connections_limit", "rig_history_size_limit_bytes", "rig_outbox_size_bytes",
            "rig_log_partition_lag",
        ];
        await Wait.Until(async () => (await node.Metrics()).Names.IsSupersetOf(expected), "every metric is there");
        // Histograms of clients that come back appear with the first of them, on any node of this process.
        var names = (await node.Metrics()).Names.Where(name => name.StartsWith("rig_", StringComparison.Ordinal));
        Assert.That(names.Where(name => !name.StartsWith("rig_resumes_duration_", StringComparison.Ordinal) && !name.StartsWith("rig_rewind_duration_", StringComparison.Ordinal)), Is.EquivalentTo(expected));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
