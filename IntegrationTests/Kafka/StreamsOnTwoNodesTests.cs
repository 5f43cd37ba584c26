using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>Two nodes on one source topic of a real broker, with streams on both.</summary>
internal sealed class StreamsOnTwoNodesTests : KafkaFixture
{
    private const int Users = 100;

    private BackEnd _backEnd = null!;
    private string _topic = null!;

    [SetUp]
    public async Task CreateTheTopic()
    {
        _backEnd = new BackEnd(Topics.Hosts);
        _topic = await Topics.Create(partitions: 4);
    }

    [TearDown]
    public void DisposeOfTheBackEnd() => _backEnd?.Dispose();

    [Test]
    public async Task EachStream_GetsExactlyItsOwnMessages_EachPartitionInOrder()
    {
        const int OfEach = 100;
        var nodes = await KafkaNode.StartTwo(Topics.Hosts, _topic);
        await using var one = nodes[0];
        await using var two = nodes[1];
        var streams = await Listen(nodes);

        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Users).Select(user => PostAndWrite(user, OfEach)));
        var written = Stopwatch.GetElapsedTime(since);
        var received = await Task.WhenAll(streams.Select(async stream => (stream.User, Events: await stream.Client.Next(OfEach))));
        await TestContext.Progress.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Users * OfEach} messages were stored in {written.TotalSeconds:0.0} s and on all {streams.Count} streams after {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s."));

        var log = Topics.ReadAll(_topic).ToLookup(record => UserOf(record.Value!));
        foreach (var (user, events) in received)
        {
            Assert.That(events.Select(got => got.Name), Has.All.EqualTo("message"));
            AssertIsWhatTheLogHas(events, [.. log[user]]);
        }

        Assert.That(streams.Select(stream => stream.Client.HasMore), Has.All.False);
        streams.ForEach(stream => stream.Client.Dispose());

        async Task PostAndWrite(int user, int count)
        {
            for (var n = 0; n < count / 2; n++)
            {
                await nodes[n % 2].Publish(Json(user, n));
                await _backEnd.Write(_topic, Guid.NewGuid().ToByteArray(), Json(user, n + (count / 2)));
            }
        }
    }

    [Test]
    public async Task PartitionsAddedWhileMessagesFlow_AreReadFromTheirBeginning()
    {
        const int FewUsers = 10;
        const int OnNewPartitions = 200;
        var nodes = await KafkaNode.StartTwo(Topics.Hosts, _topic, new() { ["KAFKA_METADATA_REFRESH_MS"] = "1000" });
        await using var one = nodes[0];
        await using var two = nodes[1];
        var streams = await Listen(nodes, FewUsers);
        var placed = Task.WhenAll(nodes.Select(node => Wait.Until(() => node.Log.All.Any(line => line.Text.Contains("2 of 6 partitions have a new place", StringComparison.Ordinal)), "the new partitions are found")));

        var numbers = new int[FewUsers];
        var onNew = 0;
        var flow = Task.WhenAll(Enumerable.Range(0, FewUsers).Select(Flow));
        await Wait.Until(() => numbers.Sum() > 100, "messages flow");
        await Topics.AddPartitions(_topic, total: 6);
        await Task.WhenAll(flow, placed).Soon();

        var log = Topics.ReadAll(_topic).ToLookup(record => UserOf(record.Value!));
        foreach (var stream in streams)
        {
            var records = log[stream.User].ToArray();
            Assert.That(records, Has.Length.EqualTo(numbers[int.Parse(stream.User, CultureInfo.InvariantCulture)]));
            AssertIsWhatTheLogHas(await stream.Client.Next(records.Length), records);
            Assert.That(stream.Client.HasMore, Is.False);
            stream.Client.Dispose();
        }

        Assert.That(nodes.SelectMany(node => node.Log.All).Select(line => line.Text), Has.None.Contains("gap: retention"));

        // Until enough has come to stand on the new partitions, most of it before the nodes know of them.
        async Task Flow(int user)
        {
            while (Volatile.Read(ref onNew) < OnNewPartitions || !placed.IsCompleted)
            {
                await nodes[numbers[user] % 2].Publish(Json(user, numbers[user]++));
                if (await _backEnd.Write(_topic, Guid.NewGuid().ToByteArray(), Json(user, numbers[user]++)) >= 4)
                {
                    Interlocked.Increment(ref onNew);
                }
            }
        }
    }

    [Test]
    public async Task Ids_MeanTheSameOnEveryNode()
    {
        var nodes = await KafkaNode.StartTwo(Topics.Hosts, _topic);
        await using var one = nodes[0];
        await using var two = nodes[1];
        using var here = await one.Listen("0");
        using var there = await two.Listen("0");
        for (var n = 0; n < 40; n++)
        {
            await Topics.Write(_topic, n % 4, Json(0, n));
            // One after the other, so that both nodes read the partitions in the same order.
            var (got, same) = (await here.Next("message"), await there.Next("message"));
            Assert.That(same.Id, Is.EqualTo(got.Id));
            Assert.That(same.Data, Is.EqualTo(got.Data));
        }

        Assert.That(await IdOfAReply(one), Is.EqualTo(await IdOfAReply(two)));

        static async Task<string?> IdOfAReply(GatewayNode node)
        {
            using var stream = await SseClient.Open(node.External, $"users[]=0&token={Token.Of("0")}");
            return (await stream.Next("phx_reply")).Id;
        }
    }

    private static async Task<List<(string User, SseClient Client)>> Listen(IEnumerable<GatewayNode> nodes, int users = Users)
    {
        var streams = new List<(string, SseClient)>();
        foreach (var node in nodes)
        {
            for (var user = 0; user < users; user++)
            {
                streams.Add(($"{user}", await node.Listen($"{user}")));
            }
        }

        return streams;
    }

    /// <summary>All of it, each once, each partition in order, and every id just after its record.</summary>
    private static void AssertIsWhatTheLogHas(IReadOnlyList<SseEvent> events, WrittenRecord[] records)
    {
        var places = records.ToDictionary(record => record.Value!);
        var next = new Dictionary<int, long>();
        foreach (var got in events)
        {
            Assert.That(places.Remove(got.Data!, out var record), Is.True, () => $"not in the log, or twice: {got.Data}");
            Assert.That(TestPosition.Parse(got.Id!).Offsets(0)[record!.Partition], Is.EqualTo(record.Offset + 1));
            Assert.That(record.Offset, Is.GreaterThanOrEqualTo(next.GetValueOrDefault(record.Partition)), "in the order of its partition");
            next[record.Partition] = record.Offset + 1;
        }

        Assert.That(places, Is.Empty, "missing");
    }

    private static string Json(int user, int n) => $$"""{"user":"{{user}}","n":{{n}}}""";

    private static string UserOf(string json)
    {
        using var message = JsonDocument.Parse(json);
        return message.RootElement.GetProperty("user").GetString()!;
    }
}
