using Microsoft.Extensions.Logging;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What the log of a node says of an outage: its reader, its writers, its tables and its other clients together.</summary>
internal sealed class OutageLinesTests
{
    [Test]
    public async Task Outage_IsOneLine_OneAMinute_AndOne_WhateverIsAskedOfTheNodeMeanwhile()
    {
        await using var cluster = await TestKafka.StartCluster();
        await using var node = await KafkaNode.Start(cluster.Hosts, "rig", new()
        {
            ["KAFKA_PARTITIONS"] = "4",
            ["PUBLISH_TIMEOUT_MS"] = "1000",
            // What a client that comes back has missed is not in memory: the node has to ask Kafka.
            ["HISTORY_MAX_BYTES"] = "1",
        });
        using var stream = await node.Listen("alice");
        await node.Publish("""{"user":"alice","n":1}""");
        var id = (await stream.Next("message")).Id!;
        await node.Publish("""{"user":"alice","n":2}""");
        await stream.Next("message");
        await Wait.Until(async () => await node.HealthWord() == "ready", "the node is well");
        node.Log.Clear();

        await cluster.Brokers[0].Kill();
        using var stop = new CancellationTokenSource();
        var asking = Task.WhenAll(Publish(node, stop.Token), ComeBack(node, id, stop.Token), LookAtHealth(node, stop.Token));
        await node.Log.First("KafkaTroubleLasts");
        cluster.Brokers[0].Start();
        await cluster.WaitUntilUp();
        await node.Log.First("KafkaWell");
        await Wait.Until(async () => await IsStored(node), "messages are stored again");
        await stop.CancelAsync();
        await asking.Soon();
        await Wait.Until(async () => await node.HealthWord() == "ready", "the node is well again");

        var lines = node.Log.All.Where(line => line.Level >= LogLevel.Information && line.EventName != "Rewound").ToList();
        TestContext.Out.WriteLine(string.Join('\n', lines));
        Assert.That((lines[0].EventName, lines[^1].EventName), Is.EqualTo(("KafkaTrouble", "KafkaWell")));
        Assert.That(lines[1..^1].Select(line => line.EventName), Is.Not.Empty.And.All.EqualTo("KafkaTroubleLasts"));
        Assert.That(lines[0].Text, Does.Match("^(Kafka is out of reach|Messages are not stored|Table [a-z]+: changes are not stored): "), "the client that notices first");
        Assert.That(lines[1].Text, Does.Match("^Trouble with Kafka for [0-9]+ s: "));
        Assert.That(lines[^1].Text, Does.Match("^Kafka is within reach, after [0-9]+ s.$"));
        Assert.That(node.Log.All.Where(line => line.EventName == "Rewound" && line.Level > LogLevel.Debug).Select(line => line.Text), Has.None.Contains("busy"));
    }

    private static async Task Publish(GatewayNode node, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await IsStored(node);
        }
    }

    private static async Task ComeBack(GatewayNode node, string id, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var stream = await SseClient.Open(node.External, $"users[]=alice&token={Token.Of("alice")}&lastEventId={id}");
            await stream.Next("phx_reply");
        }
    }

    private static async Task LookAtHealth(GatewayNode node, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await node.HealthWord();
        }
    }

    private static async Task<bool> IsStored(GatewayNode node)
    {
        using var answer = await node.Post("""{"user":"alice"}""");
        return answer.IsSuccessStatusCode;
    }
}
