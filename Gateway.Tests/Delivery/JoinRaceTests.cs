using System.Text.Json;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Delivery;

/// <summary>Law 2 where it is hardest: clients come while messages flow, on real threads.</summary>
internal sealed class JoinRaceTests
{
    private const int Clients = 4;
    private const int Rounds = 500;
    private const int Heard = 6;

    [Test]
    public async Task Join_AmongAStreamOfRecords_LeavesNoHoleAndNoDouble()
    {
        using var node = new TestNode(loops: 2, outbox: 1 << 20, partitions: 2);
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(() => Publish(node, stop.Token));

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => ComeAndGo(node)))).Soon();

        await stop.CancelAsync();
        await publishing.Soon();
        Assert.That(node.Registry.Open, Is.Zero);
    }

    /// <summary>Record n of either partition is for alice and says so, with its number; in between there is something for others, poison and heartbeats.</summary>
    private static async Task Publish(TestNode node, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            await node.Push($$"""{"user":"{{(n % 3 == 0 ? "alice" : "bob")}}","partition":0,"n":{{n}}}""", 0, more: n % 4 == 0);
            await node.Push(n % 5 == 0 ? "poison" : $$"""{"user":"alice","partition":1,"n":{{n}}}""", 1, more: n % 2 == 0);
            node.FanOut.Heartbeat();
            if (n % 16 == 0)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task ComeAndGo(TestNode node)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var wire = new FakeWire();
            var connection = node.Open(wire);
            var next = TestNode.Offsets(node.Join(connection, "alice", "bob"));
            if (round % 2 == 0)
            {
                await Task.Yield();
            }

            connection.Start();
            var lines = await wire.Take(Heard);
            connection.Close(CloseReason.ClientGone);
            await TestNode.End(connection);
            Check(next, lines);
        }
    }

    private static void Check(long[] next, string[] lines)
    {
        foreach (var line in lines)
        {
            var offsets = TestNode.Offsets(TestNode.Id(line));
            if (!line.StartsWith("heartbeat", StringComparison.Ordinal))
            {
                using var json = JsonDocument.Parse(line.Split('|')[2]);
                var message = json.RootElement;
                var partition = message.GetProperty("partition").GetInt32();
                var number = message.GetProperty("n").GetInt64();
                next[partition] = Expected(partition, next[partition]);
                Assert.That(number, Is.EqualTo(next[partition]), "no hole, no double");
                next[partition]++;
                Assert.That(offsets[partition], Is.EqualTo(next[partition]), "an id is the place just after its message");
            }

            Assert.That(Expected(1, offsets[1]), Is.EqualTo(Expected(1, next[1])), "an id claims what was delivered: no more, no less");
            Assert.That(offsets[0], Is.EqualTo(next[0]));
            offsets.CopyTo(next, 0);
        }
    }

    /// <summary>The next record of a partition that is a message.</summary>
    private static long Expected(int partition, long offset) => partition == 1 && offset % 5 == 0 ? offset + 1 : offset;
}
