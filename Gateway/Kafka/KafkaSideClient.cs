using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>
/// A consumer beside the reader's, for rewinds and for questions about the source topics: on the reader's connections an answer waits
/// behind the fetches. It is made when it is needed.
/// </summary>
internal sealed partial class KafkaSideClient(KafkaClients clients) : IAsyncDisposable
{
    private readonly ILogger _logger = clients.Logger<KafkaSideClient>();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ending = new();
    private KafkaConsumer<Ignore, Ignore>? _client;
    private KafkaTopics? _topics;
    private bool _isOver;
    private Task _disposing = Task.CompletedTask;

    /// <param name="use">Uses the client, until cancelled.</param>
    /// <param name="cancellation">Cancels what it does, as does the end of the node.</param>
    public async Task<T> Use<T>(Func<KafkaConsumer<Ignore, Ignore>, CancellationToken, Task<T>> use, CancellationToken cancellation)
    {
        var client = Enter();
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _ending.Token);
            return await use(client, either.Token);
        }
        finally
        {
            client.Leave();
        }
    }

    /// <summary>The next use has another client. Those that still use the present one go on.</summary>
    public void Renew()
    {
        lock (_lock)
        {
            if (_client is { } client)
            {
                _client = null;
                _disposing = Dispose(client, _disposing);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isOver = true;
        }

        await _ending.CancelAsync();
        Renew();
        await _disposing;
        _ending.Dispose();
    }

    private KafkaConsumer<Ignore, Ignore> Enter()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            _client ??= new KafkaConsumer<Ignore, Ignore>(New(), clients.Options, _topics);
            _topics = _client.Topics;
            ObjectDisposedException.ThrowIf(!_client.TryEnter(), this);
            return _client;
        }
    }

    /// <summary>Without the health of the reader: it says how the node does, and hears of the same brokers.</summary>
    private IConsumer<Ignore, Ignore> New() => KafkaClients.Built(new ConsumerBuilder<Ignore, Ignore>(clients.Config.SideConsumer())
        .SetErrorHandler((_, error) => LogClient(error.Reason))
        .SetLogHandler((_, line) => LogClient(line.Message))
        .Build);

    private static async Task Dispose(KafkaConsumer<Ignore, Ignore> client, Task before)
    {
        await before;
        await client.DisposeAsync();
    }

    [LoggerMessage(1034, LogLevel.Debug, "{Line}", EventName = "KafkaClientRewind")]
    private partial void LogClient(string line);
}
