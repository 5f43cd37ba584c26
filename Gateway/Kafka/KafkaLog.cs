using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>The log on Kafka: its source topics, which outlive every node and are read by all of them.</summary>
internal sealed class KafkaLog : IMessageLog, IDisposable
{
    private readonly KafkaConfig _config;
    private readonly KafkaOptions _options;
    private readonly KafkaHealth _health;
    private readonly KafkaWriter _writer;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private volatile KafkaReader? _reader;

    public KafkaLog(LogOptions log, KafkaOptions kafka, NodeId node, TimeProvider time, ILoggerFactory loggers)
    {
        (_options, _time, _loggers) = (kafka, time, loggers);
        _config = new KafkaConfig(log, kafka, node);
        _health = new KafkaHealth(time, loggers.CreateLogger<KafkaHealth>());
        _writer = new KafkaWriter(_config, log, kafka.WriteTo, _health, time, loggers.CreateLogger<KafkaWriter>());
    }

    public IReadOnlyList<string> SourceTopics => _options.SourceTopics;

    public LogHealth Health => _health.Now;

    public long Lag => _reader?.Lag ?? 0;

    public ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers) => _writer.Append(message, headers);

    public Task Read(LogReader reader, CancellationToken cancellation)
    {
        var reading = new KafkaReader(_config, _options, _health, reader, _time, _loggers);
        _reader = reading;
        return reading.Run(cancellation);
    }

    public Task Drain(CancellationToken cancellation) => _writer.Drain(cancellation);

    public void Dispose() => _writer.Dispose();
}
