using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>The log on Kafka: its source topics, which outlive every node, and which every node reads.</summary>
internal sealed class KafkaLog : IMessageLog, IDisposable
{
    private readonly KafkaClients _clients;
    private readonly KafkaHealth _health;
    private readonly KafkaWriter _writer;
    private readonly KafkaSideClient _side;
    private readonly KafkaRewind _rewind;
    private readonly KafkaBounds _bounds;
    private volatile KafkaReader? _reader;

    public KafkaLog(KafkaClients clients)
    {
        _clients = clients;
        _health = clients.Health();
        _writer = new KafkaWriter(clients, clients.Options.WriteTo, _health);
        _side = new KafkaSideClient(clients);
        _rewind = new KafkaRewind(clients, _side);
        _bounds = new KafkaBounds(clients, _side, bounds => _reader?.LookIfOlderThan(bounds.End));
    }

    public IReadOnlyList<string> SourceTopics => _clients.Options.SourceTopics;

    public LogHealth Health => _health.Now;

    public IReadOnlyList<PartitionLag> Lags => _reader?.Lags ?? [];

    public ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        _writer.Append(message, headers);

    public Task Read(LogReader reader, CancellationToken cancellation)
    {
        var reading = new KafkaReader(_clients, _side, _health, reader, OnRecreated);
        _reader = reading;
        return reading.Run(cancellation);
    }

    public Task<string?> ReadAgain(Position from, Position to, Action<LogRecord> onRecord, CancellationToken cancellation) =>
        _rewind.Read(from, to, onRecord, cancellation);

    public Task<LogBounds?> Bounds(CancellationToken cancellation) => _bounds.Ask(cancellation);

    public Task Drain(CancellationToken cancellation) => _writer.Drain(cancellation);

    public void Dispose()
    {
        _side.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _rewind.Dispose();
        _writer.Dispose();
    }

    private void OnRecreated(string sourceTopic)
    {
        _side.Renew();
        if (sourceTopic == _clients.Options.WriteTo)
        {
            _writer.Renew();
        }
    }
}
