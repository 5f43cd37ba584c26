using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Delivery;

/// <summary>Counts the records that cannot be delivered, by kind, and logs where they stand: once a second at most, since poison comes in floods.</summary>
internal sealed partial class PoisonLog(GatewayMetrics metrics, TimeProvider time, ILogger<PoisonLog> logger)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private long? _logged;
    private readonly SortedDictionary<string, long> _unlogged = new(StringComparer.Ordinal);

    public void Skip(string sourceTopic, in LogRecord record, MessageFault fault)
    {
        metrics.PoisonSkipped(fault.Word());
        if (_logged is { } last && time.GetElapsedTime(last) < Quiet)
        {
            _unlogged[fault.Word()] = _unlogged.GetValueOrDefault(fault.Word()) + 1;
            return;
        }

        LogSkipped(sourceTopic, record.Partition, record.Offset, fault.Word(), Unlogged());
        _logged = time.GetTimestamp();
        _unlogged.Clear();
    }

    /// <summary>How many, and of which kinds: one kind may hide another.</summary>
    private string Unlogged() => _unlogged.Count == 0 ? "0 more" : $"{_unlogged.Values.Sum()} more ({string.Join(", ", _unlogged.Select(kind => $"{kind.Key} {kind.Value}"))})";

    [LoggerMessage(1500, LogLevel.Warning, "Skipped the record at {SourceTopic}/{Partition}/{Offset}: it cannot be delivered ({Kind}). {Unlogged} were skipped since the last such line.", EventName = "PoisonSkipped")]
    private partial void LogSkipped(string sourceTopic, int partition, long offset, string kind, string unlogged);
}
