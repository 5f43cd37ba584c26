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

    private IAdminClient _client = new DependentAdminClientBuilder(handle).Build();
    private volatile Task _looking = Task.CompletedTask;
    private volatile bool _isEnding;
    private int _open;

    /// <param name="request">Asks, with a time limit for the answer.</param>
    public async Task<T> Ask<T>(Func<IAdminClient, TimeSpan, Task<T>> request)
    {
        Interlocked.Increment(ref _open);
        try
        {
            var answer = await request(_client, AnswerTimeout).WaitAsync(AnswerTimeout + Grace);
            Interlocked.Decrement(ref _open);
            return answer;
        }
        catch (KafkaException)
        {
            Interlocked.Decrement(ref _open);
            throw;
        }
        catch (TimeoutException)
        {
            _client = new DependentAdminClientBuilder(handle).Build();
            Interlocked.Exchange(ref _open, 0);
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
        var looking = OwnThread.Run(() => Metadata(topic));
        _looking = looking;
        var found = (await looking).Topics.Single(each => each.Topic == topic);
        var without = found.Partitions.Count(partition => partition.InSyncReplicas.Length == 0 || partition.Replicas.Length == 0);
        return without == 0
            ? null
            : new Error(ErrorCode.LeaderNotAvailable, $"{without} of {found.Partitions.Count} partitions have no replica in sync.");
    }

    public async ValueTask DisposeAsync()
    {
        // A look may still be running in the library, which must not be disposed of meanwhile.
        _isEnding = true;
        await _looking.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (Volatile.Read(ref _open) == 0 || await Answers())
        {
            _client.Dispose();
        }
    }

    /// <summary>In slices, so that the end of the node need not wait for long.</summary>
    private Metadata Metadata(string topic)
    {
        for (var waited = Slice; ; waited += Slice)
        {
            try
            {
                return _client.GetMetadata(topic, Slice);
            }
            catch (KafkaException) when (waited < AnswerTimeout && !_isEnding)
            {
            }
        }
    }

    private async Task<bool> Answers()
    {
        try
        {
            await _client.DescribeConfigsAsync([Anything], new DescribeConfigsOptions { RequestTimeout = Glance }).WaitAsync(20 * Glance);
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
}
