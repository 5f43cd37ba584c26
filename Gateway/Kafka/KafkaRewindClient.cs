using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>
/// A consumer beside the reader's, for rewinds and for questions where the log begins and ends. It is made when it is needed, and kept
/// for a minute after its last use.
/// </summary>
internal sealed partial class KafkaRewindClient(KafkaClients clients) : IAsyncDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = clients.Logger<KafkaRewindClient>();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ending = new();
    private Client? _client;
    private int _uses;
    private ITimer? _timer;
    private TaskCompletionSource? _unused;
    private Task _disposing = Task.CompletedTask;

    /// <param name="use">Uses the client, until cancelled.</param>
    /// <param name="cancellation">Cancels what it does, as does the end of the node.</param>
    public async Task<T> Use<T>(Func<Client, CancellationToken, Task<T>> use, CancellationToken cancellation)
    {
        var client = Enter();
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _ending.Token);
            return await use(client, either.Token);
        }
        finally
        {
            Leave();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task unused;
        lock (_lock)
        {
            _unused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            unused = _uses == 0 ? Task.CompletedTask : _unused.Task;
        }

        await _ending.CancelAsync();
        await unused;
        Forget();
        await _disposing;
        _timer?.Dispose();
        _ending.Dispose();
    }

    private Client Enter()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_unused is not null, this);
            _client ??= New();
            _uses++;
            return _client;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_uses > 0)
            {
                return;
            }

            _unused?.TrySetResult();
            _timer ??= clients.Time.CreateTimer(static client => ((KafkaRewindClient)client!).Forget(), this, Kept, Timeout.InfiniteTimeSpan);
            _timer.Change(Kept, Timeout.InfiniteTimeSpan);
        }
    }

    private void Forget()
    {
        lock (_lock)
        {
            if (_uses == 0 && _client is { } client)
            {
                _client = null;
                _disposing = Dispose(client, _disposing);
            }
        }
    }

    /// <summary>Without the health of the reader: it says how the node does, and hears of the same brokers.</summary>
    private Client New()
    {
        var consumer = new ConsumerBuilder<Ignore, Ignore>(clients.Config.RewindConsumer())
            .SetErrorHandler((_, error) => LogClient(error.Reason))
            .SetLogHandler((_, line) => LogClient(line.Message))
            .Build();
        var admin = new KafkaAdmin(consumer.Handle);
        return new Client(consumer, admin, new KafkaTopics(admin, clients.Options));
    }

    private static async Task Dispose(Client client, Task before)
    {
        await before;
        await client.Admin.DisposeAsync();
        await OwnThread.Run(client.Consumer.Dispose);
    }

    [LoggerMessage(1034, LogLevel.Debug, "{Line}", EventName = "KafkaClientRewind")]
    private partial void LogClient(string line);

    internal sealed record Client(IConsumer<Ignore, Ignore> Consumer, KafkaAdmin Admin, KafkaTopics Topics);
}
