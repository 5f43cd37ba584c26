using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Sessions;

namespace RigKafka.Tests.Sessions;

/// <summary>A session is ended while thousands of its connections come in.</summary>
internal sealed class BlacklistRaceTests
{
    [Test]
    public async Task Deny_AmongThousandsOfConnects_LeavesNoneOpen()
    {
        // Real threads and a real clock: what is tested is the order of two pairs of steps.
        using var totals = new MetricTotals(false);
        var registry = new ConnectionRegistry(
            new ConnectionOptions { DeliveryLoops = 2 }, new ExpiryOptions().Rule, totals.Metrics, TimeProvider.System, NullLogger<ConnectionRegistry>.Instance);
        var blacklist = new Blacklist(
            new EmbeddedTable("blacklist", TimeProvider.System), registry, TimeProvider.System, NullLogger<Blacklist>.Instance);
        var cut = 0;
        for (var round = 0; round < 40; round++)
        {
            var session = $"s{round}";
            using var start = new Barrier(9);
            var connecting = Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(() => Connect(blacklist, registry, session, start), TaskCreationOptions.LongRunning)).ToArray();
            start.SignalAndWait(Limits.Hang);
            Thread.SpinWait(round * 400);
            await blacklist.Add(BlacklistKey.OfSession(session), new BlacklistEntry(DateTimeOffset.UtcNow.AddHours(1))).Soon();
            var answered = TimeProvider.System.GetTimestamp();
            foreach (var (connection, letInAt) in (await Task.WhenAll(connecting).Soon()).SelectMany(each => each))
            {
                Assert.That(letInAt, Is.LessThan(answered), "nobody is let in afterwards");
                Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenBlacklisted));
                cut++;
            }
        }

        TestContext.Out.WriteLine($"{cut} of {40 * 8 * 50} connects were let in first and ended then.");
    }

    /// <summary>What every transport does: check, register, check again, let in.</summary>
    private static List<(Connection Connection, long LetInAt)> Connect(
        Blacklist blacklist, ConnectionRegistry registry, string session, Barrier start)
    {
        var identity = new Identity(session, "alice", false, [], DateTimeOffset.MaxValue);
        var letIn = new List<(Connection, long)>();
        start.SignalAndWait(Limits.Hang);
        for (var i = 0; i < 50; i++)
        {
            if (blacklist.Refuses(identity))
            {
                continue;
            }

            Thread.SpinWait(i % 7 * 20);
            var connection = registry.Add(new FakeWire(), LineFormat.Instance, "test", identity.ToHolder());
            Thread.SpinWait(i % 5 * 20);
            if (blacklist.Refuses(identity))
            {
                connection.Close(CloseReason.TokenBlacklisted);
            }
            else
            {
                letIn.Add((connection, TimeProvider.System.GetTimestamp()));
            }

            connection.Start();
        }

        return letIn;
    }
}
