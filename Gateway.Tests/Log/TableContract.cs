using System.Collections.Concurrent;
using System.Text;
using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.Tests.Log;

/// <summary>What both tables promise; inherited once for each.</summary>
internal abstract class TableContract
{
    protected static readonly DateTimeOffset Later = DateTimeOffset.FromUnixTimeMilliseconds(4_102_444_800_123);

    /// <summary>A new, empty table that runs, of a node that may not have caught up yet.</summary>
    protected abstract Task<ITable> Create();

    [Test]
    public async Task Put_OnceStored_IsThereOnTheNodeThatWrote()
    {
        var table = await CaughtUp();

        for (var i = 0; i < 100; i++)
        {
            Assert.That(await Put(table, $"key {i}", $"value {i}"), Is.EqualTo(AppendOutcome.Stored));
            Assert.That(Get(table, $"key {i}"), Is.EqualTo($"value {i}"));
        }

        Assert.That(table.Entries.Select(pair => pair.Key), Is.EquivalentTo(Enumerable.Range(0, 100).Select(i => $"key {i}")));
        Assert.That(table.Count, Is.EqualTo(100));
    }

    [Test]
    public async Task Put_OfAKeyThatIsThere_ReplacesIt()
    {
        var table = await CaughtUp();
        await Put(table, "key", "one");
        await Put(table, "key", "two");

        Assert.That(Get(table, "key"), Is.EqualTo("two"));
        Assert.That(table.Count, Is.EqualTo(1));
    }

    [TestCase("")]
    [TestCase("\u00fcml\u00e4ut \U0001F600 \n \0")]
    [TestCase("user:a/b c%2F")]
    public async Task Put_OfAnyKeyAndValue_KeepsThem(string key)
    {
        var table = await CaughtUp();
        byte[] value = [0, 10, 255, .. "rig1 never\n"u8];

        Assert.That(await table.Put(key, new TableEntry(value, Later)).Soon(), Is.EqualTo(AppendOutcome.Stored));

        Assert.That(table.Get(key)!.Value.Value, Is.EqualTo(value));
        Assert.That(table.Get(key)!.Value.Expires, Is.EqualTo(Later));
        Assert.That(table.Entries.Single().Key, Is.EqualTo(key));
    }

    [Test]
    public async Task Put_ForEverAndWithoutBytes_IsKept()
    {
        var table = await CaughtUp();

        await table.Put("key", new TableEntry([], DateTimeOffset.MaxValue)).Soon();

        Assert.That(table.Get("key")!.Value.Expires, Is.EqualTo(DateTimeOffset.MaxValue));
        Assert.That(table.Get("key")!.Value.Value, Is.Empty);
    }

    [Test]
    public async Task Remove_OnceStored_IsGoneOnTheNodeThatWrote()
    {
        var table = await CaughtUp();
        await Put(table, "key", "value");

        Assert.That(await table.Remove("key").Soon(), Is.EqualTo(AppendOutcome.Stored));

        Assert.That(table.Get("key"), Is.Null);
        Assert.That(table.Entries, Is.Empty);
        Assert.That(await table.Remove("key").Soon(), Is.EqualTo(AppendOutcome.Stored), "nor does it matter whether it was there");
    }

    [Test]
    public async Task Get_OfAnExpiredEntry_IsNothingThoughNobodyRemovedIt()
    {
        var table = await CaughtUp();
        await table.Put("past", new TableEntry([], DateTimeOffset.UtcNow.AddSeconds(-1))).Soon();
        await table.Put("soon", new TableEntry([], DateTimeOffset.UtcNow.AddSeconds(1))).Soon();
        await Put(table, "later", "");

        Assert.That(table.Get("past"), Is.Null);
        Assert.That(() => table.Get("soon"), Is.Null.After(Limits.HangSeconds).Seconds.PollEvery(20));
        Assert.That(table.Entries.Select(pair => pair.Key), Is.EqualTo(["later"]));
        Assert.That(table.ExpiredFor(TimeSpan.Zero), Is.EquivalentTo(["past", "soon"]));
        Assert.That(table.ExpiredFor(TimeSpan.FromHours(1)), Is.Empty);
        Assert.That(table.Count, Is.EqualTo(3));
    }

    [Test]
    public async Task RemoveExpired_RemovesWhatExpiredSoLongAgo_AndLeavesWhatWasRenewed()
    {
        var table = await CaughtUp();
        await table.Put("long ago", new TableEntry([], DateTimeOffset.UtcNow.AddHours(-3))).Soon();
        await table.Put("just now", new TableEntry([], DateTimeOffset.UtcNow.AddHours(-1))).Soon();
        await table.Put("renewed", new TableEntry([], DateTimeOffset.UtcNow.AddHours(-3))).Soon();
        Assert.That(table.ExpiredFor(TimeSpan.FromHours(2)), Is.EquivalentTo(["long ago", "renewed"]));
        var renewing = Put(table, "renewed", "again");

        foreach (var key in new[] { "long ago", "just now", "renewed", "unknown" })
        {
            Assert.That(await table.RemoveExpired(key, TimeSpan.FromHours(2)).Soon(), Is.EqualTo(AppendOutcome.Stored));
        }

        Assert.That(await renewing, Is.EqualTo(AppendOutcome.Stored));
        Assert.That((Get(table, "renewed"), table.Count), Is.EqualTo(("again", 2)));
        Assert.That(table.ExpiredFor(TimeSpan.Zero), Is.EqualTo(["just now"]));
    }

    [Test]
    public async Task Put_ManyAtOnceBeforeTheTableHasCaughtUp_KeepsTheOrderOfTheCalls()
    {
        var table = await Create();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => Put(table, $"{i % 10}", $"{i}"))).Soon();

        Assert.That(outcomes, Is.All.EqualTo(AppendOutcome.Stored));
        Assert.That(Enumerable.Range(0, 10).Select(i => Get(table, $"{i}")), Is.EqualTo(Enumerable.Range(990, 10).Select(i => $"{i}")));
    }

    [Test]
    public async Task Watch_IsToldEveryChangeInOrder_BeforeItsWriterIsAnswered()
    {
        var table = await Create();
        var told = new ConcurrentQueue<(string Key, string? Value)>();
        var seen = new ConcurrentQueue<bool>();
        table.Watch(change =>
        {
            told.Enqueue((change.Key, change.Entry is { } entry ? Encoding.UTF8.GetString(entry.Value) : null));
            seen.Enqueue(table.Get(change.Key) is null == change.Entry is null);
        });
        await table.CaughtUp.Soon();

        await Put(table, "a", "1");
        Assert.That(told, Has.Count.EqualTo(1));
        await Put(table, "b", "2");
        await table.Remove("a").Soon();

        Assert.That(told, Is.EqualTo(new[] { ("a", "1"), ("b", "2"), ("a", (string?)null) }));
        Assert.That(seen, Is.All.True);
    }

    [Test]
    public async Task Put_ManyAtOnce_KeepsTheOrderOfTheCalls()
    {
        var table = await CaughtUp();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => Put(table, $"{i % 10}", $"{i}"))).Soon();

        Assert.That(outcomes, Is.All.EqualTo(AppendOutcome.Stored));
        Assert.That(Enumerable.Range(0, 10).Select(i => Get(table, $"{i}")), Is.EqualTo(Enumerable.Range(990, 10).Select(i => $"{i}")));
    }

    [Test]
    public async Task Health_OnceCaughtUp_IsReadyAndWell()
    {
        var table = await CaughtUp();

        Assert.That(() => table.Health, Is.EqualTo(new LogHealth(true, null)).After(Limits.HangSeconds).Seconds.PollEvery(10));
    }

    protected async Task<ITable> CaughtUp()
    {
        var table = await Create();
        await table.CaughtUp.Soon();
        return table;
    }

    protected static Task<AppendOutcome> Put(ITable table, string key, string value) => table.Put(key, new TableEntry(Encoding.UTF8.GetBytes(value), Later)).Soon();

    protected static string? Get(ITable table, string key) => table.Get(key) is { } entry ? Encoding.UTF8.GetString(entry.Value) : null;
}
