using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace RigKafka.Kafka;

/// <summary>
/// Administrative requests through another client's connections. The library's own client for them ends without a word at an answer that it cannot
/// read, and then nothing is answered any more, and to dispose of it crashes the process; so each request has a limit, after which the client is replaced.
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

    /// <param name="request">What to ask, with the time that it may take.</param>
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
    /// The error of a topic that must not be described, because it has a partition without a replica in sync: the library cannot read that answer.
    /// </summary>
    public async Task<Error?> WhyNotToDescribe(string topic)
    {
        // A thread of its own: it waits in the library for seconds while no broker answers, and the pool has few for all that is delivered.
        var looking = Task.Factory.StartNew(() => Metadata(topic), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _looking = looking;
        var found = (await looking).Topics.Single(each => each.Topic == topic);
        var without = found.Partitions.Count(partition => partition.InSyncReplicas.Length == 0 || partition.Replicas.Length == 0);
        return without == 0 ? null : new Error(ErrorCode.LeaderNotAvailable, $"{without} of {found.Partitions.Count} partitions have no replica in sync.");
    }

    public async ValueTask DisposeAsync()
    {
        // It is in the library's own code, which must not lose its ground meanwhile.
        _isEnding = true;
        await _looking.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (Volatile.Read(ref _open) == 0 || await Answers())
        {
            _client.Dispose();
        }
    }

    /// <summary>In slices, so that an end need not wait for long.</summary>
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
