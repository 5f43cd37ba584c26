using System.Net;
using NUnit.Framework;
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
        var (letIn, refused) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var session = $"s{round}";
            using var stop = new CancellationTokenSource();
            var before = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var connecting = Enumerable.Range(0, Connectors).Select(_ => Task.Run(() => Connect(node, session, before, stop.Token))).ToArray();
            await before.Task.Soon();
            await Task.Delay(round % 5);

            await node.EndSession("alice", session);
            var open = node.Registry.SessionIndex.OfSession(session).Count(connection => connection is { IsHeld: false, Closing: null });

            Assert.That(open, Is.Zero, "when the answer arrives");
            await Task.Delay(20);
            await stop.CancelAsync();
            foreach (var stream in (await Task.WhenAll(connecting).WaitAsync(Patience.Limit)).SelectMany(each => each))
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

        await Patience.Until(() => node.Registry.Open == 0, "all are gone");
        TestContext.Out.WriteLine($"{letIn + refused} connects: {letIn} let in and ended, {refused} refused.");
        Assert.That((letIn, refused), Is.Not.EqualTo((0, 0)));
    }

    /// <summary>Connects again and again; null stands for a connect that was refused.</summary>
    private static async Task<List<SseClient?>> Connect(GatewayNode node, string session, TaskCompletionSource connected, CancellationToken stop)
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
                connection.Dispose();
            }
        }

        return streams;
    }
}
