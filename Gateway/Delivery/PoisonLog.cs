using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Delivery;

/// <summary>Counts the records that cannot be delivered, by kind, and logs where they stand: once a second at most, since poison comes in floods.</summary>
internal sealed partial class PoisonLog(GatewayMetrics metrics, TimeProvider time, ILogger<PoisonLog> logger)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private long? _logged;
    private long _unlogged;

    public void Skip(string sourceTopic, in LogRecord record, MessageFault fault)
    {
        metrics.PoisonSkipped(fault.Word());
        if (_logged is { } last && time.GetElapsedTime(last) < Quiet)
        {
            _unlogged++;
            return;
        }

        LogSkipped(sourceTopic, record.Partition, record.Offset, fault.Word(), _unlogged);
        _logged = time.GetTimestamp();
        _unlogged = 0;
    }

    [LoggerMessage(1500, LogLevel.Warning, "Skipped the record at {SourceTopic}/{Partition}/{Offset}: it cannot be delivered ({Kind}). {Unlogged} more were skipped since the last such line.", EventName = "PoisonSkipped")]
    private partial void LogSkipped(string sourceTopic, int partition, long offset, string kind, long unlogged);
}
