using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>
/// Writes again what the topic of a table has lost and this node still knows. In a table
/// whose writers do that themselves, it drops what none of them wrote again.
/// </summary>
/// <param name="table">The table.</param>
/// <param name="clients">The settings, the clock and the log.</param>
/// <param name="reader">Reads the topic.</param>
/// <param name="writer">Writes to the topic.</param>
internal sealed partial class KafkaTableMending(
    TableDeclaration table, KafkaClients clients, KafkaTableReader reader, KafkaWriter writer)
{
    private const int MostAtOnce = 1000;

    /// <summary>Not all nodes at once: one is enough, and a later one sees that it was done.</summary>
    private static readonly TimeSpan Jitter = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan AtLeast = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the writers of a table have to write their entries again.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AnotherLook = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = clients.Logger<KafkaTableMending>();
    private readonly TimeProvider _time = clients.Time;
    private readonly TableTopic _topic = table.Topic;
    private readonly TableMemory _memory = reader.Memory;

    /// <summary>What it has begun when it is cancelled, it begins again when it is run again.</summary>
    public async Task Run(KafkaTopics topics, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await _memory.Losses(cancellation);
                await Mend(topics, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    private async Task Mend(KafkaTopics topics, CancellationToken cancellation)
    {
        var isDone = false;
        try
        {
            var (era, lost) = (_memory.Era, _memory.Lost);
            await Task.Delay(_topic.PutsBack ? AtLeast + (Jitter * Random.Shared.NextDouble()) : Grace, _time, cancellation);
            if (!_topic.PutsBack)
            {
                Drop(lost, era);
            }

            isDone = !_topic.PutsBack || await PutBack(topics, cancellation);
        }
        finally
        {
            if (!isDone)
            {
                _memory.Remind();
            }
        }
    }

    private void Drop(IReadOnlyList<string> lost, int era)
    {
        if (_memory.Drop(lost, era) is var dropped and > 0)
        {
            LogDropped(table.Name, dropped);
        }
    }

    /// <summary>Returns whether nothing is left to do.</summary>
    private async Task<bool> PutBack(KafkaTopics topics, CancellationToken cancellation)
    {
        if (!await LookAgain(topics, cancellation))
        {
            return false;
        }

        var written = 0;
        foreach (var keys in _memory.Lost.Chunk(MostAtOnce))
        {
            var writes = keys.Select(key => (Key: key, Owed: _memory.Owed(key))).Where(one => one.Owed is not null)
                .Select(one => writer.Write(TableRecord.PutBack(one.Key, one.Owed!.Value.Entry, one.Owed.Value.Written)).Task).ToArray();
            var outcomes = await Task.WhenAll(writes).WaitAsync(cancellation);
            written += outcomes.Count(outcome => outcome == AppendOutcome.Stored);
            if (Array.Exists(outcomes, outcome => outcome is AppendOutcome.NotStored or AppendOutcome.Unknown))
            {
                return false;
            }
        }

        if (written > 0)
        {
            LogPutBack(table.Name, written, _topic.Name);
        }

        return true;
    }

    /// <summary>Reads what other nodes have put back meanwhile.</summary>
    private async Task<bool> LookAgain(KafkaTopics topics, CancellationToken cancellation)
    {
        try
        {
            var end = (await topics.Offsets(_topic.Name, [0], OffsetSpec.Latest()).WaitAsync(cancellation))[0].Offset.Value;
            return await reader.Passed(end - 1).WaitAsync(AnotherLook, _time, cancellation);
        }
        catch (Exception failure) when (failure is KafkaException or TimeoutException)
        {
            return false;
        }
    }

    [LoggerMessage(1060, LogLevel.Warning,
        "Table {Table}: {Entries} entries that table topic {TableTopic} had lost were put back.", EventName = "TablePutBack")]
    private partial void LogPutBack(string table, int entries, string tableTopic);

    [LoggerMessage(1061, LogLevel.Warning,
        "Table {Table}: {Entries} entries that its topic had lost, and that nobody wrote again, were dropped.",
        EventName = "TableDropped")]
    private partial void LogDropped(string table, int entries);
}
