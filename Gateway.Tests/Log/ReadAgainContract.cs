using System.Text;
using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Log;

/// <summary>What both logs promise of where they begin and end, and of what is read once more; inherited once for each.</summary>
internal abstract class ReadAgainContract
{
    /// <summary>A new log that holds nothing, with one source topic.</summary>
    protected abstract Task<IMessageLog> Create(LogOptions options);

    [Test]
    public async Task Bounds_EndWhereTheReaderIs_AndHaveItsLayout()
    {
        var log = await Create(new LogOptions());
        await using var reader = new RecordingReader(log);
        var placement = await reader.NextPlacement();
        var end = placement.NextOffsets;
        for (var i = 0; i < 30; i++)
        {
            await Append(log, TestMessage.Of($"user-{i}", i));
            end[(await reader.NextRecord()).Partition]++;
        }

        var bounds = await log.Bounds(CancellationToken.None).Soon();

        Assert.That(bounds, Is.Not.Null);
        Assert.That((bounds!.First.Epoch(0), bounds.End.Epoch(0)), Is.EqualTo((placement.Epoch, placement.Epoch)));
        Assert.That(bounds.IsCompacted, Is.EqualTo([false]));
        Assert.That(bounds.End.Offsets(0).ToArray(), Is.EqualTo(end));
        Assert.That(bounds.First.Offsets(0).ToArray().Zip(end, (first, next) => first <= next), Has.All.True);
    }

    [Test]
    public async Task ReadAgain_OfNothing_IsComplete()
    {
        var log = await Create(new LogOptions());
        await using var reader = new RecordingReader(log);
        var here = At(await reader.NextPlacement());

        Assert.That(await log.ReadAgain(here, here, _ => Assert.Fail("nothing is asked for"), CancellationToken.None).Soon(), Is.Null);
    }

    /// <summary>All of it, or the truth: a log that keeps nothing gives no record.</summary>
    [Test]
    public async Task ReadAgain_OfWhatWasRead_GivesAllOfIt_OrSaysThatItIsGone()
    {
        var log = await Create(new LogOptions());
        await using var reader = new RecordingReader(log);
        var placement = await reader.NextPlacement();
        var (from, to) = (At(placement), At(placement));
        var read = new List<LogRecord>();
        for (var i = 0; i < 30; i++)
        {
            await Append(log, TestMessage.Of($"user-{i}", i));
            read.Add(await reader.NextRecord());
            to.Advance(0, read[i].Partition, read[i].Offset + 1);
        }

        await Append(log, TestMessage.Of("later", 0));
        await reader.NextRecord();
        var again = new List<LogRecord>();
        var missing = await log.ReadAgain(from, to, record => again.Add(record.Kept()), CancellationToken.None).Soon();

        if (missing is not null)
        {
            Assert.That((missing, again.Count), Is.EqualTo((LogPlacement.Retention, 0)));
            return;
        }

        Assert.That(Described(again), Is.EqualTo(Described(read)));

        static IEnumerable<(int, long, long, string)> Described(List<LogRecord> records) => records
            .OrderBy(record => record.Partition)
            .Select(record => (record.Partition, record.Offset, record.Timestamp, Encoding.UTF8.GetString(record.Value!)));
    }

    protected static Position At(LogPlacement placement) => TestPosition.Of(placement.Epoch, placement.NextOffsets);

    protected static Task<AppendOutcome> Append(IMessageLog log, Message message) => log.Append(message, TestMessage.NoHeaders).Soon();
}
