using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Delivery;

/// <summary>
/// Reads the messages of records. Counts the records that cannot be delivered, by kind, and logs where they stand: once a second at most, since poison comes in floods.
/// </summary>
internal sealed partial class PoisonLog(
    MessageOptions options, GatewayMetrics metrics, TimeProvider time, ILogger<PoisonLog> logger)
{
    private readonly BoundedLog _lines = new(time);
    private readonly SortedDictionary<string, long> _unloggedKinds = new(StringComparer.Ordinal);

    /// <summary>The message of a record, or why it has none: then it is skipped.</summary>
    public MessageFault Read(string sourceTopic, in LogRecord record, out Message message)
    {
        message = default;
        var fault = record.Value is null ? MessageFault.Tombstone : Message.TryParse(record.Bytes, options.UserFieldUtf8, out message);
        if (fault != MessageFault.None)
        {
            Skip(sourceTopic, record, fault);
        }

        return fault;
    }

    public void Skip(string sourceTopic, in LogRecord record, MessageFault fault)
    {
        metrics.PoisonSkipped(fault.Word());
        if (!_lines.Admits(out var unlogged))
        {
            _unloggedKinds[fault.Word()] = _unloggedKinds.GetValueOrDefault(fault.Word()) + 1;
            return;
        }

        LogSkipped(sourceTopic, record.Partition, record.Offset, fault.Word(), $"{unlogged} more{Kinds()}");
        _unloggedKinds.Clear();
    }

    /// <summary>How many of which kind had no line: one kind may hide another.</summary>
    private string Kinds() =>
        _unloggedKinds.Count == 0 ? "" : $" ({string.Join(", ", _unloggedKinds.Select(kind => $"{kind.Key} {kind.Value}"))})";

    [LoggerMessage(
        1500, LogLevel.Warning,
        "Skipped the record at {SourceTopic}/{Partition}/{Offset}: it cannot be delivered ({Kind}). "
        + "{Unlogged} were skipped since the last such line.",
        EventName = "PoisonSkipped")]
    private partial void LogSkipped(string sourceTopic, int partition, long offset, string kind, string unlogged);
}
