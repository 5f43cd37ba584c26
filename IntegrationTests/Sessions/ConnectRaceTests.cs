using System.Diagnostics;
using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sessions;

/// <summary>Nobody slips in while their session is being ended.</summary>
internal sealed class ConnectRaceTests
{
    private const int Rounds = 20;
    private const int Connectors = 16;

    [Test]
    public async Task ThousandsOfConnectsAroundTheEndOfTheirSession_LeaveNoneOpen()
    {
        await using var node = await GatewayNode.Start();
        await Race([node], "one node");
    }

    [Test]
    public async Task ThousandsOfConnectsOnBothNodesAroundTheEndOfTheirSession_LeaveNoneOpenOnEither()
    {
        var nodes = await KafkaNode.StartTwo(await TestKafka.Hosts(), TestTopics.NewName(), new() { ["KAFKA_PARTITIONS"] = "1" });
        await using var one = nodes[0];
        await using var two = nodes[1];
        await Race(nodes, "two nodes");
    }

    /// <summary>The first node is the one that is asked to end the sessions.</summary>
    private static async Task Race(GatewayNode[] nodes, string name)
    {
        var (letIn, refused, slowest) = (0, 0, TimeSpan.Zero);
        for (var round = 0; round < Rounds; round++)
        {
            var session = $"s{round}";
            using var stop = new CancellationTokenSource();
            var (before, after) = (nodes.Select(_ => New()).ToArray(), nodes.Select(_ => New()).ToArray());
            var connecting = nodes.SelectMany((node, at) => Enumerable.Range(0, Connectors / nodes.Length).Select(_ => Task.Run(() => Connect(node, session, before[at], after[at], stop.Token)))).ToArray();
            await Task.WhenAll(before.Select(connected => connected.Task)).Soon();
            await Task.Delay(round % 5);

            await nodes[0].EndSession("alice", session);
            var open = Open(nodes[0], session);
            var answered = Stopwatch.GetTimestamp();

            Assert.That(open, Is.Zero, "when the answer arrives");
            foreach (var node in nodes[1..])
            {
                await Wait.Until(() => Open(node, session) == 0, "the other node has ended it");
            }

            var took = Stopwatch.GetElapsedTime(answered);
            slowest = took > slowest ? took : slowest;
            // Whoever comes from here on is refused, on every node.
            await Task.WhenAll(after.Select(turnedAway => turnedAway.Task)).Soon();
            await Task.Delay(20);
            Assert.That(nodes.Select(node => Open(node, session)), Is.All.Zero, "while they go on asking");
            await stop.CancelAsync();
            foreach (var stream in (await Task.WhenAll(connecting).Soon()).SelectMany(each => each))
            {
                if (stream is null)
                {
                    refused++;
                    continue;
                }

                letIn++;
                Assert.That(await stream.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
                Assert.That((await stream.Rest()).Select(told => told.Name), Does.Contain("closing connection"));
                stream.Dispose();
            }
        }

        foreach (var node in nodes)
        {
            await Wait.Until(() => node.Registry.Open == 0, "all are gone");
        }

        TestContext.Out.WriteLine($"{name}: {letIn + refused} connects, {letIn} let in and ended, {refused} refused; on the other node none was open {slowest.TotalMilliseconds:0} ms after the answer at worst.");
        Assert.That((letIn, refused), Is.Not.EqualTo((0, 0)));
    }

    private static int Open(GatewayNode node, string session) => node.Registry.SessionIndex.OfSession(session).Count(connection => connection is { IsHeld: false, Closing: null });

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Connects again and again; null stands for a connect that was refused.</summary>
    private static async Task<List<SseClient?>> Connect(GatewayNode node, string session, TaskCompletionSource connected, TaskCompletionSource turnedAway, CancellationToken stop)
    {
        var streams = new List<SseClient?>();
        while (!stop.IsCancellationRequested)
        {
            var connection = await RawConnection.Open(node.External);
            var response = await connection.Ask("GET", $"/socket/sse?{SessionCalls.Query("alice", session)}");
            if (response.Status == (int)HttpStatusCode.OK)
            {
                streams.Add(SseClient.Of(connection, response));
                connected.TrySetResult();
            }
            else
            {
                Assert.That(response.Status, Is.EqualTo((int)HttpStatusCode.Unauthorized));
                streams.Add(null);
                turnedAway.TrySetResult();
                connection.Dispose();
            }
        }

        return streams;
    }
}
