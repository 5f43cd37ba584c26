using System.Text;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.Tests.Kafka;

/// <summary>What a node keeps, loses, puts back and forgets when a table's topic is no longer what it was.</summary>
internal sealed class TableMemoryTests
{
    private readonly List<string> _told = [];
    private FakeTimeProvider _time = null!;
    private TableState _state = null!;
    private TableMemory _memory = null!;

    [SetUp]
    public void Start()
    {
        _time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        _state = new TableState(_time);
        _memory = new TableMemory(_state, putsBack: true, _time);
        _memory.Begin(TableReading.AtStart);
        _told.Clear();
        _state.Watch(change => _told.Add($"{change.Key}={Text(change.Entry)}"));
    }

    [TestCase(TableReading.Recreated)]
    [TestCase(TableReading.Truncated)]
    public void WhatANewLogDoesNotHave_IsKeptAndOwed_AndNobodyIsToldAnything(TableReading reading)
    {
        Write("kept", "1", at: 10);
        Write("expired", "2", at: 10, expiresInSeconds: 1);
        Write("removed", "3", at: 10);
        Remove("removed", at: 11);
        _time.Advance(TimeSpan.FromSeconds(2));
        _told.Clear();

        Anew(reading);

        Assert.That(_memory.Lost, Is.EqualTo(["kept"]), "what has expired need not be put back, and a removal only where somebody puts the entry back");
        Assert.That(_memory.Owed("kept") is { } owed ? (Text(owed.Entry), owed.Written) : default, Is.EqualTo(("1", 10L)));
        Assert.That(Get("kept"), Is.EqualTo("1"));
        Assert.That(_told, Is.Empty);
    }

    [Test]
    public void WhatANewIncarnationHas_Wins_WhateverTheClocksOfItsWritersSay()
    {
        Write("key", "old", at: 1_000);
        Write("gone", "old", at: 1_000);
        Anew(TableReading.Recreated, () =>
        {
            Write("key", "new", at: 5);
            Remove("gone", at: 5);
        });

        Assert.That((Get("key"), Get("gone"), _memory.Lost.Count), Is.EqualTo(("new", (string?)null, 0)));
        PutBack("key", "old", written: 1_000);
        Assert.That((Get("key"), Owed("key")), Is.EqualTo(("new", "new")), "a node that did not know puts the old one back, and this one mends that");
    }

    [Test]
    public void WhatStandsBeforeALostEnd_IsOlder()
    {
        Write("extended", "1", at: 10);
        Write("removed", "1", at: 11);
        Write("same", "1", at: 12);
        Write("extended", "2", at: 13);
        Remove("removed", at: 14);
        Anew(TableReading.Truncated, () =>
        {
            Write("extended", "1", at: 10);
            Write("removed", "1", at: 11);
            Write("same", "1", at: 12);
            Write("later", "3", at: 20);
        });

        Assert.That((Get("extended"), Get("removed"), Get("same"), Get("later")), Is.EqualTo(("2", (string?)null, "1", "3")));
        Assert.That(_memory.Lost, Is.EquivalentTo(["extended", "removed"]));
        Assert.That((Owed("extended"), Owed("removed")), Is.EqualTo(("2", "nothing")));
    }

    /// <summary>A log that is read from its beginning again shows every state that the table was ever in.</summary>
    [Test]
    public void ReadingAnew_ShowsNobodyWhatWasLongAgo()
    {
        Write("key", "1", at: 1);
        Remove("key", at: 2);
        Write("key", "2", at: 3);
        _told.Clear();
        Anew(TableReading.Truncated, () =>
        {
            Write("key", "1", at: 1);
            Assert.That(Get("key"), Is.EqualTo("2"));
            Remove("key", at: 2);
            Assert.That(Get("key"), Is.EqualTo("2"));
            Write("key", "2", at: 3);
        });

        Assert.That((_told.Count, _memory.Lost.Count, Get("key")), Is.EqualTo((0, 0, "2")));
    }

    [Test]
    public void WhatAnotherNodePutsBack_IsOwedNoMore_AndTellsNobodyAnything()
    {
        Write("key", "1", at: 10);
        Anew(TableReading.Recreated);
        _told.Clear();

        PutBack("key", "1", written: 10);

        Assert.That((_memory.Lost.Count, _memory.Owed("key"), _told.Count, Get("key")), Is.EqualTo((0, (TableFold?)null, 0, "1")));
    }

    [Test]
    public void WhatWasRemovedBeforeTheLoss_IsNotPutBackByANodeThatLags()
    {
        Write("key", "1", at: 10);
        Remove("key", at: 11);
        Anew(TableReading.Recreated);

        PutBack("key", "1", written: 10);
        Assert.That((Get("key"), Owed("key")), Is.EqualTo(((string?)null, "nothing")), "the removal is owed instead");

        PutBack("key", null, written: _memory.Owed("key")!.Value.Written);
        Assert.That((Get("key"), _memory.Lost.Count), Is.EqualTo(((string?)null, 0)));
    }

    /// <summary>As the lagging node itself, and a node that was started after the loss, see it.</summary>
    [Test]
    public void RemovalThatIsPutBack_RemovesWhereItWasNotKnown()
    {
        Write("key", "1", at: 10);
        Anew(TableReading.Recreated);
        PutBack("key", "1", written: 10);

        PutBack("key", null, written: 11);

        Assert.That((Get("key"), _memory.Lost.Count), Is.EqualTo(((string?)null, 0)));
    }

    [Test]
    public void Removal_IsNewerThanWhatItRemoves_WhateverTheClockOfTheNodeThatMadeIt()
    {
        Write("key", "1", at: 10_000);
        Remove("key", at: 5);
        Anew(TableReading.Recreated);

        PutBack("key", "1", written: 10_000);

        Assert.That((Get("key"), Owed("key")), Is.EqualTo(((string?)null, "nothing")));
    }

    [Test]
    public void WhatWasRemovedAndWrittenAgain_IsPutBackAsItWasLast()
    {
        Write("key", "1", at: 10);
        Remove("key", at: 11);
        Write("key", "2", at: 12);
        Anew(TableReading.Recreated);
        PutBack("key", "1", written: 10);

        Assert.That((Get("key"), Owed("key")), Is.EqualTo(("2", "2")));
        PutBack("key", "2", written: 12);
        Assert.That(_memory.Lost, Is.Empty);
    }

    [Test]
    public void Removals_AreRememberedForSoLongOnly()
    {
        _memory.Remembered = TimeSpan.FromHours(1);
        Write("key", "1", at: 10);
        Remove("key", at: 11);
        _time.Advance(TimeSpan.FromMinutes(61));
        Remove("other", at: 12);

        PutBack("key", "1", written: 10);

        Assert.That(Get("key"), Is.EqualTo("1"));
    }

    [Test]
    public void NodeThatWasAwayForTooLong_DropsWhatItDoesNotSee()
    {
        Write("gone", "1", at: 10);
        Write("changed", "1", at: 11);
        Write("same", "1", at: 12);
        _told.Clear();
        Anew(TableReading.AfterAbsence, () =>
        {
            Write("changed", "2", at: 5);
            Write("same", "1", at: 12);
        });

        Assert.That(_told, Is.EquivalentTo(["changed=2", "gone=nothing"]));
        Assert.That((_memory.Lost.Count, _state.Count), Is.EqualTo((0, 2)));
    }

    [Test]
    public void SweepThatDidNotKnowOfARenewal_IsMended_ByThoseWhoDo()
    {
        Write("key", "1", at: 10, expiresInSeconds: 3_600);

        Sweep("key", expiredBy: _time.GetUtcNow());
        Assert.That((Get("key"), Owed("key")), Is.EqualTo(("1", "1")));

        PutBack("key", "1", written: 10);
        Assert.That((Get("key"), _memory.Lost.Count), Is.EqualTo(("1", 0)));
    }

    /// <summary>Compaction has removed the entry, so that only the sweep is left.</summary>
    [Test]
    public void WhatIsPutBackAfterASweep_HoldsForANodeThatReadTheSweepOnly()
    {
        Sweep("key", expiredBy: _time.GetUtcNow());
        PutBack("key", "1", written: 10);

        Assert.That((Get("key"), _memory.Lost.Count), Is.EqualTo(("1", 0)));
    }

    [Test]
    public void Sweep_OfWhatHasExpired_Removes()
    {
        Write("key", "1", at: 10, expiresInSeconds: 1);
        _time.Advance(TimeSpan.FromHours(1));

        Sweep("key", expiredBy: _time.GetUtcNow());

        Assert.That((_state.Count, _memory.Lost.Count, _told[^1]), Is.EqualTo((0, 0, "key=nothing")));
    }

    [Test]
    public void Losses_AreTold_OnceTheNewLogHasBeenRead_AndWhatNobodyPutsBackIsDropped()
    {
        var lost = new List<string>();
        _memory.WatchLosses(lost.Add);
        Write("mine", "1", at: 10);
        Write("dead", "2", at: 10);
        Write("there", "3", at: 10);
        Anew(TableReading.Recreated, () => Write("there", "3", at: 20));
        Assert.That(lost, Is.EquivalentTo(["mine", "dead"]));

        Write("mine", "1", at: 21);
        Assert.That(_memory.Drop(["mine", "dead", "there"], _memory.Era - 1), Is.Zero, "what was lost once more has its time anew");
        Assert.That(_memory.Drop(["mine", "dead", "there"], _memory.Era), Is.EqualTo(1));
        Assert.That(_state.Keys, Is.EquivalentTo(["mine", "there"]));
        Assert.That(_told[^1], Is.EqualTo("dead=nothing"));
    }

    private static string Text(TableEntry? entry) => entry is { } there ? Encoding.UTF8.GetString(there.Value) : "nothing";

    private string? Get(string key) => _state.Get(key) is { } entry ? Text(entry) : null;

    private string? Owed(string key) => _memory.Owed(key) is { } owed ? Text(owed.Entry) : null;

    private static TableEntry? Entry(string? value, int expiresInSeconds = 100_000) =>
        value is null ? null : new TableEntry(Encoding.UTF8.GetBytes(value), DateTimeOffset.FromUnixTimeSeconds(1_800_000_000 + expiresInSeconds));

    private void Write(string key, string value, long at, int expiresInSeconds = 100_000) => _memory.Read(new TableStep(key, Entry(value, expiresInSeconds), at));

    private void Remove(string key, long at) => _memory.Read(new TableStep(key, null, at));

    private void PutBack(string key, string? value, long written) => _memory.Read(new TableStep(key, Entry(value), written, IsPutBack: true));

    private void Sweep(string key, DateTimeOffset expiredBy) => _memory.Read(new TableStep(key, null, 1_000_000, ExpiredBy: expiredBy));

    private void Anew(TableReading reading, Action? log = null)
    {
        _memory.Begin(reading);
        log?.Invoke();
        _memory.End();
    }
}
