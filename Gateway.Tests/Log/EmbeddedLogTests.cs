using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.Tests.Log;

internal sealed class EmbeddedLogTests : MessageLogContract
{
    private const int Room = 64 * 1024;

    protected override Task<IMessageLog> Create(LogOptions options) => Task.FromResult<IMessageLog>(New(options, TimeProvider.System));

    [Test]
    public async Task Append_WhenTheReaderIsBehindAndTheLogFull_WaitsForIt()
    {
        var log = New(new LogOptions { EmbeddedMaxBytes = Room }, TimeProvider.System);
        await using var reader = await Placed(log, held: true);
        for (var i = 0; i < 4; i++)
        {
            Assert.That(await Append(log, TestMessage.OfSize(Room / 5)), Is.EqualTo(AppendOutcome.Stored));
        }

        var waiting = Append(log, TestMessage.OfSize(Room / 2));
        var behind = Append(log, TestMessage.Of("alice", 1));
        Assert.That((waiting.IsCompleted, behind.IsCompleted), Is.EqualTo((false, false)), "an append does not overtake one that waits");

        reader.LetGo();

        Assert.That(await Task.WhenAll(waiting, behind), Has.All.EqualTo(AppendOutcome.Stored));
        Assert.That((await reader.NextTexts(6))[^1], Is.EqualTo(TestMessage.Text("alice", 1)));
    }

    [Test]
    public async Task Append_WhenTheLogStaysFull_IsNotStoredAndNeverRead()
    {
        var time = new FakeTimeProvider();
        var options = new LogOptions { EmbeddedMaxBytes = Room };
        var log = New(options, time);
        await using var reader = await Placed(log, held: true);
        await Append(log, TestMessage.OfSize(Room - 64));
        var refused = Append(log, TestMessage.Of("alice", 1));

        time.Advance(options.PublishTimeout);

        Assert.That(await refused, Is.EqualTo(AppendOutcome.NotStored));
        reader.LetGo();
        await reader.NextRecord();
        await Append(log, TestMessage.Of("alice", 2));
        Assert.That(await reader.NextText(), Is.EqualTo(TestMessage.Text("alice", 2)));
    }

    [Test]
    public async Task Append_OfMoreThanTheLogHolds_GoesOnAsLongAsItIsRead()
    {
        var log = New(new LogOptions { EmbeddedMaxBytes = Room }, TimeProvider.System);
        await using var reader = await Placed(log);

        for (var i = 0; i < 20; i++)
        {
            Assert.That(await Append(log, TestMessage.OfSize(Room / 2)), Is.EqualTo(AppendOutcome.Stored));
        }

        await reader.NextTexts(20);
    }

    [Test]
    public async Task Drain_WithAReaderBehind_WaitsForIt()
    {
        var log = New(new LogOptions(), TimeProvider.System);
        await using var reader = await Placed(log, held: true);
        await Append(log, TestMessage.Of("alice", 1));

        var drain = log.Drain(CancellationToken.None);
        Assert.That(drain.IsCompleted, Is.False);
        reader.LetGo();

        await drain.Soon();
    }

    [Test]
    public async Task Drain_WithAppendsThatWaitForRoom_RefusesThemAtOnce_AndStoresNoneAfterwards()
    {
        var log = New(new LogOptions { EmbeddedMaxBytes = Room, PublishTimeoutMs = 300_000 }, TimeProvider.System);
        await using var reader = await Placed(log, held: true);
        var first = TestMessage.OfSize(Room - 64);
        Assert.That(await Append(log, first), Is.EqualTo(AppendOutcome.Stored));
        var waiting = new[] { Append(log, TestMessage.Of("alice", 1)), Append(log, TestMessage.Of("alice", 2)) };

        var drain = log.Drain(CancellationToken.None);

        Assert.That(await Task.WhenAll(waiting), Has.All.EqualTo(AppendOutcome.NotStored));
        reader.LetGo();
        await drain.Soon();
        await reader.Stop();
        Assert.That((await reader.NextRecord()).Value, Is.EqualTo(first.Json.ToArray()));
        Assert.That(reader.HasMore, Is.False);
        Assert.That(await Append(log, TestMessage.Of("alice", 3)), Is.EqualTo(AppendOutcome.NotStored));
    }

    [Test]
    public async Task Read_OfTwoLogs_HasTwoEpochs()
    {
        await using var one = new RecordingReader(New(new LogOptions(), TimeProvider.System));
        await using var other = new RecordingReader(New(new LogOptions(), TimeProvider.System));

        Assert.That((await one.NextPlacement()).Epoch, Is.Not.EqualTo((await other.NextPlacement()).Epoch));
    }

    [Test]
    public async Task ReadAgain_IsRetention_AsNothingIsKept()
    {
        var log = New(new LogOptions(), TimeProvider.System);
        await using var reader = new RecordingReader(log);
        var placement = await reader.NextPlacement();
        await Append(log, TestMessage.Of("alice", 1));
        await reader.NextRecord();

        var to = At(placement);
        to.Advance(0, 0, 1);
        Assert.That(await log.ReadAgain(At(placement), to, _ => { }, CancellationToken.None), Is.EqualTo(LogPlacement.Retention));
        Assert.That(await log.ReadAgain(to, to, _ => { }, CancellationToken.None), Is.Null);
    }

    /// <summary>A client may have the id of a record that the log does not know to be read yet: it must not look like one beyond the end.</summary>
    [Test]
    public async Task Bounds_WhileARecordIsRead_AreFromItToTheEnd()
    {
        var log = New(new LogOptions(), TimeProvider.System);
        await using var reader = await Placed(log, held: true);
        await Append(log, TestMessage.Of("alice", 1));
        await Append(log, TestMessage.Of("alice", 2));

        var bounds = await log.Bounds(CancellationToken.None);
        Assert.That((bounds!.First.Offsets(0)[0], bounds.End.Offsets(0)[0]), Is.EqualTo((0, 2)));

        reader.LetGo();
        await reader.NextTexts(2);
        Assert.That(() => log.Bounds(CancellationToken.None).Result!.First.Offsets(0)[0], Is.EqualTo(2).After(Limits.HangSeconds).Seconds.PollEvery(10));
    }

    [Test]
    public async Task Append_FromManyThreads_LosesNothing()
    {
        var log = New(new LogOptions { EmbeddedMaxBytes = Room }, TimeProvider.System);
        await using var reader = await Placed(log);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(user => Task.Run(async () =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                Assert.That(await log.Append(TestMessage.Of($"user-{user}", i), TestMessage.NoHeaders), Is.EqualTo(AppendOutcome.Stored));
            }
        }))).Soon();

        var texts = await reader.NextTexts(8 * 5_000);
        for (var user = 0; user < 8; user++)
        {
            var own = $"\"user-{user}\"";
            Assert.That(texts.Where(text => text.Contains(own, StringComparison.Ordinal)).SequenceEqual(Enumerable.Range(0, 5_000).Select(i => TestMessage.Text($"user-{user}", i))), Is.True, own);
        }
    }

    private static EmbeddedLog New(LogOptions options, TimeProvider time) => new(options, time, NullLogger<EmbeddedLog>.Instance);
}
