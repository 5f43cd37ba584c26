using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

/// <summary>Which record of a key wins: one that is written, that removes, that puts back, or that removes only the expired.</summary>
internal sealed class TableFoldTests : TableMemoryFixture
{
    [Test]
    public void WhatAnotherNodePutsBack_IsOwedNoMore_AndTellsNobodyAnything()
    {
        Write("key", "1", at: 10);
        Anew(TableReading.Recreated);
        Told.Clear();

        PutBack("key", "1", written: 10);

        Assert.That((Memory.Lost.Count, Memory.Owed("key"), Told.Count, Get("key")), Is.EqualTo((0, (TableFold?)null, 0, "1")));
    }

    [Test]
    public void WhatWasRemovedBeforeTheLoss_IsNotPutBackByANodeThatLags()
    {
        Write("key", "1", at: 10);
        Remove("key", at: 11);
        Anew(TableReading.Recreated);

        PutBack("key", "1", written: 10);
        Assert.That((Get("key"), Owed("key")), Is.EqualTo(((string?)null, "nothing")), "the removal is owed instead");

        PutBack("key", null, written: Memory.Owed("key")!.Value.Written);
        Assert.That((Get("key"), Memory.Lost.Count), Is.EqualTo(((string?)null, 0)));
    }

    /// <summary>As the lagging node itself, and a node that was started after the loss, see it.</summary>
    [Test]
    public void RemovalThatIsPutBack_RemovesWhereItWasNotKnown()
    {
        Write("key", "1", at: 10);
        Anew(TableReading.Recreated);
        PutBack("key", "1", written: 10);

        PutBack("key", null, written: 11);

        Assert.That((Get("key"), Memory.Lost.Count), Is.EqualTo(((string?)null, 0)));
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
        Assert.That(Memory.Lost, Is.Empty);
    }

    [Test]
    public void SweepThatDidNotKnowOfARenewal_IsMended_ByThoseWhoDo()
    {
        Write("key", "1", at: 10, expiresInSeconds: 3_600);

        Sweep("key", expiredBy: Time.GetUtcNow());
        Assert.That((Get("key"), Owed("key")), Is.EqualTo(("1", "1")));

        PutBack("key", "1", written: 10);
        Assert.That((Get("key"), Memory.Lost.Count), Is.EqualTo(("1", 0)));
    }

    /// <summary>Compaction has removed the entry, so that only the sweep is left.</summary>
    [Test]
    public void WhatIsPutBackAfterASweep_HoldsForANodeThatReadTheSweepOnly()
    {
        Sweep("key", expiredBy: Time.GetUtcNow());
        PutBack("key", "1", written: 10);

        Assert.That((Get("key"), Memory.Lost.Count), Is.EqualTo(("1", 0)));
    }

    [Test]
    public void Sweep_OfWhatHasExpired_Removes()
    {
        Write("key", "1", at: 10, expiresInSeconds: 1);
        Time.Advance(TimeSpan.FromHours(1));

        Sweep("key", expiredBy: Time.GetUtcNow());

        Assert.That((State.Count, Memory.Lost.Count, Told[^1]), Is.EqualTo((0, 0, "key=nothing")));
    }
}
