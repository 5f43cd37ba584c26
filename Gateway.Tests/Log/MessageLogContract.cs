using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.Tests.Log;

/// <summary>What both logs promise; inherited once for each.</summary>
internal abstract class MessageLogContract : ReadAgainContract
{
    [Test]
    public async Task Append_WhileReading_ArrivesOnceAndInOrder()
    {
        var log = await Create(new LogOptions());
        await using var reader = await Placed(log);

        for (var i = 0; i < 200; i++)
        {
            Assert.That(await Append(log, TestMessage.Of("alice", i)), Is.EqualTo(AppendOutcome.Stored));
        }

        Assert.That(await reader.NextTexts(200), Is.EqualTo(Enumerable.Range(0, 200).Select(i => TestMessage.Text("alice", i))));
        Assert.That(reader.HasMore, Is.False);
    }

    [Test]
    public async Task Append_OfManyUsersAtOnce_KeepsTheOrderOfEach()
    {
        var log = await Create(new LogOptions());
        await using var reader = await Placed(log);
        var users = Enumerable.Range(0, 20).Select(i => $"user-{i}").ToArray();

        await Task.WhenAll(users.Select(async user =>
        {
            for (var i = 0; i < 50; i++)
            {
                Assert.That(await Append(log, TestMessage.Of(user, i)), Is.EqualTo(AppendOutcome.Stored));
            }
        }));

        var texts = await reader.NextTexts(20 * 50);
        foreach (var user in users)
        {
            Assert.That(texts.Where(text => text.Contains($"\"{user}\"", StringComparison.Ordinal)), Is.EqualTo(Enumerable.Range(0, 50).Select(i => TestMessage.Text(user, i))));
        }
    }

    [Test]
    public async Task Read_OfALogThatHoldsMessages_StartsAtItsEnd()
    {
        var log = await Create(new LogOptions());
        await Append(log, TestMessage.Of("alice", 1));
        await using var reader = await Placed(log);

        await Append(log, TestMessage.Of("alice", 2));

        Assert.That(await reader.NextText(), Is.EqualTo(TestMessage.Text("alice", 2)));
    }

    [Test]
    public async Task Read_OfEveryRecord_FollowsFromThePlacement()
    {
        var log = await Create(new LogOptions());
        await Append(log, TestMessage.Of("alice", 0));
        await using var reader = new RecordingReader(log);
        var placement = await reader.NextPlacement();
        Assert.That((placement.SourceTopicIndex, placement.Gap, placement.NextOffsets.Sum()), Is.EqualTo((0, (string?)null, 1L)));

        for (var i = 0; i < 30; i++)
        {
            await Append(log, TestMessage.Of($"user-{i}", i));
        }

        var next = placement.NextOffsets;
        for (var i = 0; i < 30; i++)
        {
            var record = await reader.NextRecord();
            Assert.That(record.Offset, Is.EqualTo(next[record.Partition]++));
            Assert.That(DateTimeOffset.FromUnixTimeMilliseconds(record.Timestamp), Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
        }
    }

    [Test]
    public async Task Read_BySomebodySlow_LosesNothing()
    {
        var log = await Create(new LogOptions());
        await using var reader = await Placed(log, held: true);
        for (var i = 0; i < 100; i++)
        {
            Assert.That(await Append(log, TestMessage.Of("alice", i)), Is.EqualTo(AppendOutcome.Stored));
        }

        reader.LetGo();

        Assert.That(await reader.NextTexts(100), Is.EqualTo(Enumerable.Range(0, 100).Select(i => TestMessage.Text("alice", i))));
    }

    [Test]
    public async Task Read_WhenCancelled_EndsAndReadsNoMore()
    {
        var log = await Create(new LogOptions());
        await using var reader = await Placed(log);

        await reader.Stop();
        await Append(log, TestMessage.Of("alice", 1));

        Assert.That(reader.Reading.IsCompletedSuccessfully, Is.True);
        Assert.That(reader.HasMore, Is.False);
    }

    [Test]
    public async Task Read_WhenTheReaderFails_FailsWithIt()
    {
        var log = await Create(new LogOptions());
        var placed = new TaskCompletionSource();
        var reading = log.Read(new LogReader(_ => throw new InvalidOperationException("broken"), _ => placed.SetResult()), CancellationToken.None);
        await placed.Task.Soon();

        await Append(log, TestMessage.Of("alice", 1));

        Assert.That(() => reading.Soon(), Throws.InvalidOperationException.With.Message.EqualTo("broken"));
    }

    [Test]
    public async Task Append_WithHeaders_ArrivesUnchanged()
    {
        var log = await Create(new LogOptions());
        await using var reader = await Placed(log);

        var outcome = await log.Append(TestMessage.Of("alice", 1), [new("traceparent", "00-ab-cd-01"), new("x", ""), new("x", "ü")]).Soon();

        Assert.That(outcome, Is.EqualTo(AppendOutcome.Stored));
        Assert.That(await reader.NextText(), Is.EqualTo(TestMessage.Text("alice", 1)));
    }

    [TestCase("null")]
    [TestCase("5")]
    [TestCase("\"\"")]
    [TestCase("\"J\u00fcrgen \\ud83d\\ude00\"")]
    public async Task Append_ForAnyUser_Arrives(string user)
    {
        var log = await Create(new LogOptions());
        await using var reader = await Placed(log);
        var json = $$"""{"username":{{user}},"text":"\u2028"}""";

        await Append(log, TestMessage.Parse(json));

        Assert.That(await reader.NextText(), Is.EqualTo(json));
    }

    [Test]
    public async Task Append_OfTheLargestMessage_Arrives()
    {
        var options = new LogOptions();
        var log = await Create(options);
        await using var reader = await Placed(log);

        var outcome = await Append(log, TestMessage.OfSize(options.MessageMaxBytes));

        Assert.That(outcome, Is.EqualTo(AppendOutcome.Stored));
        Assert.That((await reader.NextRecord()).Value, Has.Length.EqualTo(options.MessageMaxBytes));
    }

    [Test]
    public async Task Append_OfAMessageOverTheLimit_IsTooLarge()
    {
        var options = new LogOptions();
        var log = await Create(options);

        Assert.That(await Append(log, TestMessage.OfSize(options.MessageMaxBytes + 1)), Is.EqualTo(AppendOutcome.TooLarge));
    }

    [Test]
    public async Task Drain_AfterAppends_CompletesWhenAllAreSafe()
    {
        var log = await Create(new LogOptions());
        await using var reader = await Placed(log);
        var appends = Enumerable.Range(0, 100).Select(i => Append(log, TestMessage.Of("alice", i))).ToArray();

        await log.Drain(CancellationToken.None).Soon();

        Assert.That(await Task.WhenAll(appends).Soon(), Has.All.EqualTo(AppendOutcome.Stored));
        await reader.NextTexts(100);
    }

    [Test]
    public async Task Health_OncePlaced_IsReadyAndWell()
    {
        var log = await Create(new LogOptions());
        Assert.That(log.Health.Ready, Is.False);

        await using var reader = await Placed(log);

        Assert.That(() => log.Health, Is.EqualTo(new LogHealth(true, null)).After(Limits.HangSeconds).Seconds.PollEvery(10));
    }

    [Test]
    public async Task Lag_OfAHeldReader_CountsUntilItIsLetGo()
    {
        var log = await Create(new LogOptions());
        await using var reader = await Placed(log, held: true);
        for (var i = 0; i < 10; i++)
        {
            await Append(log, TestMessage.Of("alice", i));
        }

        Assert.That(() => log.Lag, Is.EqualTo(10).After(Limits.HangSeconds).Seconds.PollEvery(10));
        reader.LetGo();
        await reader.NextTexts(10);
        Assert.That(() => log.Lag, Is.Zero.After(Limits.HangSeconds).Seconds.PollEvery(10));
    }

    protected static async Task<RecordingReader> Placed(IMessageLog log, bool held = false)
    {
        var reader = new RecordingReader(log, held);
        await reader.NextPlacement();
        return reader;
    }
}
