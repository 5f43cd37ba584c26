using System.Text;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Log;

namespace RigKafka.Tests.Delivery;

/// <summary>What each client is given of what a pass reads.</summary>
internal sealed class RewindPassTests : RewindFixture
{
    [Test]
    public async Task Give_OnlyWhatIsBetweenItsPositions_OfItsTopics_InOrder()
    {
        var one = Ask(At(10, 0), At(13, 5));
        var two = Ask(At(12, 5), At(20, 5), "bob", "bob", "alice");
        var pass = await NextPass();
        Assert.That(pass.Ranges, Is.EqualTo((new long[] { 10, 0 }, new long[] { 20, 5 })));

        for (var offset = 9; offset <= 20; offset++)
        {
            pass.Give(Record(offset, offset % 2 == 0 ? "alice" : "bob"), Record(offset, "carol"), Record(offset - 5, "alice", partition: 1));
        }

        pass.End();

        Assert.That(await Task.WhenAll(one.Answer, two.Answer).Soon(), Has.All.Null);
        Assert.That(Described(one), Is.EqualTo(["1/4 user:alice", "0/10 user:alice", "0/12 user:alice"]));
        Assert.That(Described(two), Is.EqualTo(Enumerable.Range(12, 8).Select(offset => $"0/{offset} user:{(offset % 2 == 0 ? "alice" : "bob")}")));
        Assert.That(one.Taken[1].Json, Is.EqualTo(TestNode.Json("alice", 10)));
        Assert.That(one.Taken[1].Record.Timestamp, Is.EqualTo(1_010));
    }

    [Test]
    public async Task Give_ToOneThatHasEnough_IsTooMuchForIt_AtOnce_AndGoesOnForTheOthers()
    {
        var (full, other) = (Ask(0, 10), Ask(0, 10));
        full.OnTake = () => full.Taken.Count < 2;
        var pass = await NextPass();

        pass.Give(Record(1), Record(2), Record(3));

        Assert.That(await full.Answer.Soon(), Is.EqualTo(Hold.TooMuch));
        Assert.That((full.Offsets, other.Offsets), Is.EqualTo((new long[] { 1, 2 }, new long[] { 1, 2, 3 })));
        pass.End();
        Assert.That(await other.Answer.Soon(), Is.Null);
    }

    [Test]
    public async Task Give_ToOneThatFails_FailsForItAlone()
    {
        var (broken, other) = (Ask(0, 10), Ask(0, 10));
        broken.OnTake = () => throw new InvalidOperationException("broken");
        var pass = await NextPass();

        pass.Give(Record(1), Record(2));
        pass.End();

        Assert.That(() => broken.Answer.Soon(), Throws.InvalidOperationException);
        Assert.That(await other.Answer.Soon(), Is.Null);
        Assert.That((broken.Taken.Count, other.Taken.Count), Is.EqualTo((1, 2)));
    }

    [Test]
    public async Task Give_OfPoison_IsNothing_AndOfAMessageTooLargeForAnOutbox_IsAnEmptyOne()
    {
        var client = Ask(0, 10);
        var pass = await NextPass();
        byte[]?[] poison = [null, [], [0xFF], "[]"u8.ToArray(), "{}"u8.ToArray()];

        foreach (var (offset, value) in poison.Index())
        {
            pass.Give(new LogRecord(0, 0, offset, 0, value));
        }

        pass.Give(
            new LogRecord(0, 0, 5, 0, Encoding.UTF8.GetBytes(TestNode.Json("alice", 5, pad: 1 << 16))),
            new LogRecord(0, 0, 6, 0, Encoding.UTF8.GetBytes("{\"user\":\"\\u0061lice\",\n\"n\":6}")));
        pass.End();

        Assert.That(await client.Answer.Soon(), Is.Null);
        Assert.That(client.Taken.Select(each => (each.Record.Offset, each.Json)), Is.EqualTo(new (long, string)[] { (5, ""), (6, "{\"user\":\"\\u0061lice\", \"n\":6}") }));
        Assert.That(Totals["rig.messages.poison{kind=no_user}"], Is.Zero, "it was counted when it was read first");
    }

    [Test]
    public async Task Give_OfARecordWhoseBytesAreLent_KeepsACopy()
    {
        var clients = new[] { Ask(0, 10), Ask(0, 10) };
        var pass = await NextPass();
        var lent = new byte[1_000];

        for (var offset = 0; offset < 10; offset++)
        {
            lent.AsSpan().Fill((byte)'#');
            var length = Encoding.UTF8.GetBytes(TestNode.Json("alice", offset), lent);
            pass.Give(new LogRecord(0, 0, offset, 0, lent, Lent: length));
        }

        pass.End();

        foreach (var client in clients)
        {
            Assert.That(await client.Answer.Soon(), Is.Null);
            Assert.That(client.Taken.Select(each => each.Json), Is.EqualTo(Enumerable.Range(0, 10).Select(offset => TestNode.Json("alice", offset))));
        }
    }

    /// <summary>H13: so that nobody has to look again where there is nothing.</summary>
    [Test]
    public async Task OnEmpty_SaysFromWhereOnThereIsNoMessage_WhenAllWasRead()
    {
        var found = new List<(int, long, long)>();
        Reader.OnEmpty = (topic, partition, from, to) => found.Add((partition, from.Offsets(topic)[partition], to.Offsets(topic)[partition]));
        var client = Ask(At(10, 10, 10, 0), At(20, 20, 20, 0));
        Log.Has = new LogBounds(At(0, 0, 0, 0), At(20, 20, 20, 0), [false]);
        var pass = await NextPass();

        pass.Give(Record(12, "carol"), new LogRecord(0, 0, 15, 0, null), Record(19, partition: 1), new LogRecord(0, 2, 14, 0, null));
        pass.End();
        Assert.That(await client.Answer.Soon(), Is.Null);
        Assert.That(found, Is.EqualTo(new[] { (0, 13L, 20L), (2, 10L, 20L) }));

        found.Clear();
        var other = Ask(10, 20);
        (await NextPass()).End(IMessageLog.Busy);
        await other.Answer.Soon();
        Assert.That(found, Is.Empty);
    }

    [Test]
    public void Budget_ForgetsThoseWhoHaveAllOfTheirs()
    {
        var budget = new UserBudget(40, Time);
        for (var i = 0; i < 100; i++)
        {
            Assert.That(budget.TryTake($"user-{i}", 40), Is.True);
            Assert.That(budget.TryTake($"user-{i}", 1), Is.False);
        }

        Time.Advance(TimeSpan.FromSeconds(30));
        Assert.That((budget.TryTake("user-0", 21), budget.TryTake("user-0", 20)), Is.EqualTo((false, true)));
        Time.Advance(TimeSpan.FromSeconds(31));
        Assert.That((budget.TryTake("user-1", 40), budget.Count), Is.EqualTo((true, 2)));
    }

    private static IEnumerable<string> Described(Client client) =>
        client.Taken.Select(each => $"{each.Record.Partition}/{each.Record.Offset} {each.Topic}");
}
