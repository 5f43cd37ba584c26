using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace RigKafka.Kafka;

/// <summary>
/// Administrative requests over another client's connections. The library's client for them stops
/// silently at an answer that it cannot read. It answers nothing afterwards, and to dispose of it
/// crashes the process. So each request has a time limit, after which the client is replaced.
/// </summary>
internal sealed class KafkaAdmin(Handle handle) : IAsyncDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);
    private static readonly ConfigResource Anything = new() { Type = ResourceType.Broker, Name = "0" };

    private readonly ClientLifetime _lifetime = new();
    private readonly Lock _lock = new();

    /// <summary>The last one is in use. Those before did not answer in time.</summary>
    private readonly List<AskedClient> _clients = [new(handle)];

    /// <param name="request">Asks, with a time limit for the answer.</param>
    public async Task<T> Ask<T>(Func<IAdminClient, TimeSpan, Task<T>> request)
    {
        var (asked, answer) = Begin(request);
        try
        {
            var answered = await answer.WaitAsync(AnswerTimeout + Grace);
            asked.Answered();
            return answered;
        }
        catch (KafkaException)
        {
            asked.Answered();
            throw;
        }
        catch (TimeoutException)
        {
            Replace(asked);
            throw new KafkaException(new Error(ErrorCode.Local_TimedOut, "the Kafka client did not answer in time"));
        }
    }

    /// <summary>
    /// The error of a topic that must not be described, since a partition of it has no
    /// replica in sync: the library cannot read the broker's answer.
    /// </summary>
    public async Task<Error?> WhyNotToDescribe(string topic)
    {
        // On a thread of its own: it blocks for seconds while no broker answers, and the pool's few threads deliver messages.
        var found = (await OwnThread.Run(() => Metadata(topic))).Topics.Single(each => each.Topic == topic);
        var without = found.Partitions.Count(partition => partition.InSyncReplicas.Length == 0 || partition.Replicas.Length == 0);
        return without == 0
            ? null
            : new Error(ErrorCode.LeaderNotAvailable, $"{without} of {found.Partitions.Count} partitions have no replica in sync.");
    }

    public async ValueTask DisposeAsync()
    {
        await _lifetime.End();
        await Task.WhenAll(_clients.Select(DisposeIfItAnswers));
    }

    /// <summary>In slices, so that the end of the node need not wait for long.</summary>
    private Metadata Metadata(string topic) => Inside(() =>
    {
        for (var waited = Slice; ; waited += Slice)
        {
            try
            {
                return Current.Client.GetMetadata(topic, Slice);
            }
            catch (KafkaException) when (waited < AnswerTimeout && !_lifetime.IsEnding)
            {
            }
        }
    });

    private (AskedClient Asked, Task<T> Answer) Begin<T>(Func<IAdminClient, TimeSpan, Task<T>> request) => Inside(() =>
    {
        var asked = Current;
        var answer = request(asked.Client, AnswerTimeout);
        asked.Asked();
        return (asked, answer);
    });

    /// <summary>A look that was given up at the end of the node may still come here. It is cancelled.</summary>
    private T Inside<T>(Func<T> call)
    {
        if (!_lifetime.TryEnter())
        {
            throw new OperationCanceledException("The Kafka client is closed.");
        }

        try
        {
            return call();
        }
        finally
        {
            _lifetime.Leave();
        }
    }

    private AskedClient Current
    {
        get
        {
            lock (_lock)
            {
                return _clients[^1];
            }
        }
    }

    private void Replace(AskedClient silent) => Inside(() =>
    {
        lock (_lock)
        {
            if (_clients[^1] == silent)
            {
                _clients.Add(new AskedClient(handle));
            }

            return true;
        }
    });

    private static async Task DisposeIfItAnswers(AskedClient asked)
    {
        if (!asked.IsOpen || await Answers(asked.Client))
        {
            asked.Client.Dispose();
        }
    }

    private static async Task<bool> Answers(IAdminClient client)
    {
        try
        {
            await client.DescribeConfigsAsync([Anything], new DescribeConfigsOptions { RequestTimeout = Glance }).WaitAsync(60 * Glance);
            return true;
        }
        catch (KafkaException)
        {
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>A client, and whether it owes answers.</summary>
    private sealed class AskedClient(Handle handle)
    {
        private int _open;

        public IAdminClient Client { get; } = new DependentAdminClientBuilder(handle).Build();

        public bool IsOpen => Volatile.Read(ref _open) > 0;

        public void Asked() => Interlocked.Increment(ref _open);

        public void Answered() => Interlocked.Decrement(ref _open);
    }
}
