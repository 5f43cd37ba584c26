using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Presence;

namespace RigKafka.Tests.Presence;

/// <summary>What a node writes to the table of presence: the difference between what ought to be there and what is, once it can.</summary>
internal sealed class PresenceRosterTests
{
    private const int Crowd = 2_000;

    private readonly FakeTimeProvider _time = new();
    private FakeTable _table = null!;
    private PresentNode _node = null!;
    private int _removals;

    [SetUp]
    public async Task Start()
    {
        _table = new FakeTable(_time);
        _table.Ready.SetResult();
        _table.Shared.Watch(change => _removals += change.Entry is null ? 1 : 0);
        _removals = 0;
        _node = new PresentNode("a", _table, _time);
        await _node.Start();
        await Until(() => IsThere("a"));
    }

    [TearDown]
    public void Stop() => _node.Dispose();

    [Test]
    public async Task ClientsThatComeAndGoInAnOutage_LeaveNothingToWrite()
    {
        _table.Outcome = AppendOutcome.NotStored;
        for (var i = 0; i < Crowd; i++)
        {
            await Leave(_node.Join($"user {i}").Connection);
        }

        var stays = _node.Join("alice").Connection;
        var writes = _table.Writes;
        _table.Outcome = AppendOutcome.Stored;
        await Until(() => IsThere(Key(stays, "alice")));
        await Settle();

        Assert.That(_removals, Is.Zero, "no tombstone for what never was");
        Assert.That(_table.Writes - writes, Is.LessThan(30), "heartbeats, and the one who stays");
        Assert.That(_table.Shared.Count, Is.EqualTo(2));
    }

    [Test]
    public async Task ClientsThatWereThereBefore_AreRemovedOnce_HoweverOftenTheyChangedMeanwhile()
    {
        var clients = Enumerable.Range(0, 20).Select(_ => _node.Join("alice").Connection).ToArray();
        await Until(() => _table.Shared.Count == 21);
        _table.Outcome = AppendOutcome.NotStored;
        for (var i = 0; i < 100; i++)
        {
            Array.ForEach(clients, client => _node.Renew(client, "alice", $"session {i}"));
        }

        await Task.WhenAll(clients[..10].Select(Leave));
        var writes = _table.Writes;
        _table.Outcome = AppendOutcome.Stored;
        await Until(() => _table.Shared.Count == 11 && _node.Records("user:alice").All(record => record.Session == "session 99"));
        await Settle();

        Assert.That(_removals, Is.EqualTo(10));
        Assert.That(_table.Writes - writes, Is.LessThan(20 + 30));
    }

    /// <summary>A write of unknown outcome may turn up in the table at any time.</summary>
    [Test]
    public async Task ClientWhoseEntryMayHaveBeenWritten_IsRemoved()
    {
        _table.Outcome = AppendOutcome.Unknown;
        var writes = _table.Writes;
        var client = _node.Join("alice").Connection;
        await Until(() => _table.Writes > writes);
        await Leave(client);
        _table.Outcome = AppendOutcome.NotStored;
        await Settle();
        _table.Outcome = AppendOutcome.Stored;

        await Until(() => _removals > 0);
        await Settle();
        Assert.That(_removals, Is.EqualTo(1));
    }

    [Test]
    public async Task ClientThatLeavesWhileItsEntryIsWritten_IsRemoved()
    {
        _table.Hold();
        var writes = _table.Writes;
        var client = _node.Join("alice").Connection;
        await Until(() => _table.Writes > writes);
        await Leave(client);
        _table.LetGo();

        await Until(() => _removals > 0);
        await Settle();
        Assert.That(IsThere(Key(client, "alice")), Is.False);
        Assert.That(_removals, Is.EqualTo(1));
    }

    [Test]
    public async Task EntryInTheNodesOwnName_ThatItDoesNotWant_IsRemovedWhileTheNodeLives()
    {
        var alice = _node.Join("alice").Connection;
        await Until(() => IsThere(Key(alice, "alice")));
        var record = _table.Shared.Get(Key(alice, "alice"))!.Value;

        // The last two are of another node, whose name begins like this one's.
        foreach (var key in new[] { "a/99/user:alice", Key(alice, "bob"), "ab", "ab/1/user:alice" })
        {
            await _table.Shared.Put(key, record);
        }

        Assert.That(() => IsThere("a/99/user:alice") || IsThere(Key(alice, "bob")), Is.False.After(Limits.HangSeconds).Seconds.PollEvery(1), "without time going by");
        await Settle(seconds: 5);
        Assert.That((IsThere(Key(alice, "alice")), IsThere("ab/1/user:alice"), _removals), Is.EqualTo((true, true, 2)));
        Assert.That(_node.On("user:alice"), Is.EqualTo(["alice", "alice"]));
    }

    [Test]
    public async Task WhatTheLogOfTheTableHasLost_IsWrittenAgainOnce_ByTheNodeWhoseItIs()
    {
        var alice = _node.Join("alice").Connection;
        await Until(() => IsThere(Key(alice, "alice")));
        var told = new ConcurrentQueue<string>();
        _table.Shared.Watch(change => told.Enqueue(change.Key));

        foreach (var key in new[] { Key(alice, "alice"), "ab/1/user:alice", "b" })
        {
            _table.Lose(key);
        }

        await Until(() => told.Contains(Key(alice, "alice")));
        await Settle();
        Assert.That(told.Where(key => key != "a"), Is.EqualTo([Key(alice, "alice")]));
        Assert.That(_node.On("user:alice"), Is.EqualTo(["alice"]));
    }

    /// <summary>A client that is told of one reference that it joined and that it left takes it for gone.</summary>
    [Test]
    public async Task EntryThatIsWrittenAgain_OrIsBackAtOnce_TellsNobodyAnything()
    {
        var (alice, wire) = _node.Join("alice");
        await Until(() => wire.Lines.Length == 2);
        var record = _table.Shared.Get(Key(alice, "alice"))!.Value;

        await _table.Shared.Put(Key(alice, "alice"), record with { Value = [.. record.Value] });
        await _table.Shared.Remove(Key(alice, "alice"));
        Assert.That(() => IsThere(Key(alice, "alice")), Is.True.After(Limits.HangSeconds).Seconds.PollEvery(1), "without time going by");
        await Settle();

        Assert.That(wire.Lines, Has.Length.EqualTo(2), () => wire.Lines[^1]);
        Assert.That(new PresencePicture(wire.Lines).References, Is.EquivalentTo(_node.References("user:alice")));
    }

    private static string Key(Connection connection, string user) => PresenceKey.OfChannel("a", connection.Id, $"user:{user}");

    private static async Task Leave(Connection connection)
    {
        connection.Close(CloseReason.ClientGone);
        await connection.Closed.Soon();
    }

    private bool IsThere(string key) => _table.Shared.Get(key) is not null;

    /// <summary>What is yet to be written is, within a few heartbeats.</summary>
    private async Task Settle(int seconds = 20)
    {
        for (var i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
    }

    private async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Limits.Hang);
        while (!holds())
        {
            Assert.That(limit.IsCancellationRequested, Is.False, "it did not come to hold");
            _time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Delay(1);
        }
    }
}
