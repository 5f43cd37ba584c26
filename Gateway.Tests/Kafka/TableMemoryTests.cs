using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

/// <summary>What a node keeps, loses and drops when a table's topic is no longer what it was.</summary>
internal sealed class TableMemoryTests : TableMemoryFixture
{
    [TestCase(TableReading.Recreated)]
    [TestCase(TableReading.Truncated)]
    public void WhatANewLogDoesNotHave_IsKeptAndOwed_AndNobodyIsToldAnything(TableReading reading)
    {
        Write("kept", "1", at: 10);
        Write("expired", "2", at: 10, expiresInSeconds: 1);
        Write("removed", "3", at: 10);
        Remove("removed", at: 11);
        Time.Advance(TimeSpan.FromSeconds(2));
        Told.Clear();

        Anew(reading);

        Assert.That(Memory.Lost, Is.EqualTo(["kept"]), "what has expired need not be put back, and a removal only where somebody puts the entry back");
        Assert.That(Memory.Owed("kept") is { } owed ? (Text(owed.Entry), owed.Written) : default, Is.EqualTo(("1", 10L)));
        Assert.That(Get("kept"), Is.EqualTo("1"));
        Assert.That(Told, Is.Empty);
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

        Assert.That((Get("key"), Get("gone"), Memory.Lost.Count), Is.EqualTo(("new", (string?)null, 0)));
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
        Assert.That(Memory.Lost, Is.EquivalentTo(["extended", "removed"]));
        Assert.That((Owed("extended"), Owed("removed")), Is.EqualTo(("2", "nothing")));
    }

    /// <summary>A log that is read from its beginning again shows every state that the table was ever in.</summary>
    [Test]
    public void ReadingAnew_ShowsNobodyWhatWasLongAgo()
    {
        Write("key", "1", at: 1);
        Remove("key", at: 2);
        Write("key", "2", at: 3);
        Told.Clear();
        Anew(TableReading.Truncated, () =>
        {
            Write("key", "1", at: 1);
            Assert.That(Get("key"), Is.EqualTo("2"));
            Remove("key", at: 2);
            Assert.That(Get("key"), Is.EqualTo("2"));
            Write("key", "2", at: 3);
        });

        Assert.That((Told.Count, Memory.Lost.Count, Get("key")), Is.EqualTo((0, 0, "2")));
    }

    [Test]
    public void Removals_AreRememberedForSoLongOnly()
    {
        Memory.Remembered = TimeSpan.FromHours(1);
        Write("key", "1", at: 10);
        Remove("key", at: 11);
        Time.Advance(TimeSpan.FromMinutes(61));
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
        Told.Clear();
        Anew(TableReading.AfterAbsence, () =>
        {
            Write("changed", "2", at: 5);
            Write("same", "1", at: 12);
        });

        Assert.That(Told, Is.EquivalentTo(["changed=2", "gone=nothing"]));
        Assert.That((Memory.Lost.Count, State.Count), Is.EqualTo((0, 2)));
    }

    [Test]
    public void Losses_AreTold_OnceTheNewLogHasBeenRead_AndWhatNobodyPutsBackIsDropped()
    {
        var lost = new List<string>();
        Memory.WatchLosses(lost.Add);
        Write("mine", "1", at: 10);
        Write("dead", "2", at: 10);
        Write("there", "3", at: 10);
        Anew(TableReading.Recreated, () => Write("there", "3", at: 20));
        Assert.That(lost, Is.EquivalentTo(["mine", "dead"]));

        Write("mine", "1", at: 21);
        Assert.That(Memory.Drop(["mine", "dead", "there"], Memory.Era - 1), Is.Zero, "what was lost once more has its time anew");
        Assert.That(Memory.Drop(["mine", "dead", "there"], Memory.Era), Is.EqualTo(1));
        Assert.That(State.Keys, Is.EquivalentTo(["mine", "there"]));
        Assert.That(Told[^1], Is.EqualTo("dead=nothing"));
    }
}
