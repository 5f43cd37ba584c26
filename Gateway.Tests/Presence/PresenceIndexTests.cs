using System.Text;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Log;

namespace RigKafka.Tests.Presence;

/// <summary>Who is online on several nodes: the same on all of them, while they start, stop, die, and cannot reach the table.</summary>
internal sealed class PresenceIndexTests : PresenceFixture
{
    [Test]
    public async Task Nodes_ShowTheSame_AndTellTheirClients()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        var (_, wire) = a.Join("alice");
        await Told(wire, 2);
        var (far, _) = b.Join("alice");

        Assert.That(Users(await Told(wire, 3), "joins"), Is.EqualTo(["alice"]));
        Assert.That(a.On("user:alice"), Is.EqualTo(["alice", "alice"]));
        await Until(() => b.On("user:alice").Length == 2);
        far.Close(CloseReason.ClientGone);
        Assert.That(Users(await Told(wire, 4), "leaves"), Is.EqualTo(["alice"]));
    }

    [Test]
    public async Task NodeThatEnds_IsGoneAtOnce_WithOneWrite_AndTheOldestThatIsLeftClearsUp()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        foreach (var user in new[] { "alice", "bob", "carol" })
        {
            b.Join(user, null, "user");
        }

        await Until(() => a.On("role:user").Length == 3);
        var writes = Table.Writes;
        await b.Stop();

        Assert.That(a.On("role:user"), Is.Empty);
        Assert.That(Table.Writes - writes, Is.EqualTo(1));
        await Until(() => Keys().SequenceEqual(["a"]), TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task NodeThatDies_IsGoneWithin30Seconds_AndItsRecordsToo()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        b.Join("bob", null, "user");
        a.Join("alice", null, "user");
        await Until(() => a.On("role:user").Length == 2);
        b.Kill();
        var since = Time.GetUtcNow();

        await Until(() => a.On("role:user").Length == 1, TimeSpan.FromSeconds(1));
        Assert.That(Time.GetUtcNow() - since, Is.GreaterThan(TimeSpan.FromSeconds(10)).And.LessThanOrEqualTo(TimeSpan.FromSeconds(30)));
        await Until(() => Keys().All(key => key.StartsWith('a')), TimeSpan.FromSeconds(1));
    }

    /// <summary>It may have been the whole cluster: nobody is left to clear up.</summary>
    [Test]
    public async Task NodeThatStarts_ClearsUpAfterThoseThatDiedBefore()
    {
        var dead = await Start("dead");
        dead.Join("ghost", null, "user");
        await Until(() => dead.On("role:user").Length == 1);
        dead.Kill();

        var next = await Start("next");
        next.Join("alice", null, "user");
        await Until(() => next.On("role:user").SequenceEqual(["alice"]), TimeSpan.FromSeconds(1));
        await Until(() => Keys().All(key => key.StartsWith("next", StringComparison.Ordinal)), TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task Outage_EmptiesNoList_AndWhatChangedMeanwhileFollows()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        var (bob, _) = b.Join("bob", null, "user");
        a.Join("alice", null, "user");
        await Until(() => a.On("role:user").Length == 2 && b.On("role:user").Length == 2);

        Table.Outcome = AppendOutcome.NotStored;
        b.Join("carol", null, "user");
        bob.Close(CloseReason.ClientGone);
        for (var i = 0; i < 120; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
            Assert.That(a.On("role:user"), Is.EqualTo(["alice", "bob"]));
            Assert.That(b.On("role:user"), Is.EqualTo(["alice", "bob"]));
        }

        Table.Outcome = AppendOutcome.Stored;
        await Until(() => a.On("role:user").SequenceEqual(["alice", "carol"]) && b.On("role:user").SequenceEqual(["alice", "carol"]), TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task NodeThatWasTakenForDead_IsBackWithAllItsClients()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        b.Join("bob", null, "user");
        await Until(() => a.On("role:user").Length == 1);
        foreach (var key in Keys().Where(key => key.StartsWith('b')))
        {
            await Table.Shared.Remove(key);
        }

        await Until(() => a.On("role:user").Length == 1);
        Assert.That(b.On("role:user"), Is.EqualTo(["bob"]));
    }

    /// <summary>Coming back takes heartbeats beside the regular ones, which must not count against the others.</summary>
    [Test]
    public async Task NodeThatWasTakenForDead_TakesNobodyElseForDead()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        a.Join("alice", null, "user");
        b.Join("bob", null, "user");
        await Until(() => a.On("role:user").Length == 2 && b.On("role:user").Length == 2);
        var removals = 0;
        Table.Shared.Watch(change => removals += change.Entry is null ? 1 : 0);
        for (var i = 0; i < 5; i++)
        {
            await Table.Shared.Remove(i % 2 == 0 ? "a" : "b");
            await Until(() => a.On("role:user").Length == 2 && b.On("role:user").Length == 2);
        }

        for (var i = 0; i < 120; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(1);
        }

        Assert.That(removals, Is.EqualTo(5), "those that the test made");
        Assert.That(a.On("role:user"), Is.EqualTo(["alice", "bob"]));
    }

    [TestCase("", "{}", "bad_key")]
    [TestCase("a/x/user:alice", "{}", "bad_key")]
    [TestCase("a/7/user:alice", "{}", "bad_value")]
    [TestCase("a/7/user:alice", """{"user":"alice","jti":"s","time":1,"expires":9223372036854775807,"meta":{}}""", "bad_value")]
    public async Task ForeignRecord_IsSkippedAndCounted_AndTheOthersStay(string key, string value, string kind)
    {
        var node = await Start("a");
        node.Join("alice");
        await Until(() => node.On("user:alice").Length == 1);

        await Table.Shared.Put(key, new TableEntry(Encoding.UTF8.GetBytes(value), DateTimeOffset.MaxValue));

        Assert.That(node.Totals["rig.table.skipped{table=presence,kind=" + kind + "}"], Is.EqualTo(1));
        Assert.That(node.On("user:alice"), Is.EqualTo(["alice"]));
        Assert.That(node.Index.OfSession("s"), Is.Empty);
    }
}
