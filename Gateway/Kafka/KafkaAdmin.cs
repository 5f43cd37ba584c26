using System.Runtime.CompilerServices;
using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>
/// Administrative requests over another client's connections. The library's client for them stops silently at an answer that it cannot
/// read, such as that of a topic just created. It answers nothing afterwards, and a call of it then reads freed memory and may end the
/// process, even that which disposes of it. So each client has one request at a time, and one that owes an answer is not called.
/// </summary>
internal sealed class KafkaAdmin : IAsyncDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    private readonly Handle _handle;
    private readonly ClientLifetime _lifetime = new();
    private readonly Lock _lock = new();

    /// <summary>For what needs no answer from the queue that is freed.</summary>
    private readonly IAdminClient _unasked;
    private readonly Stack<IAdminClient> _idle = [];
    private readonly HashSet<IAdminClient> _owing = [];

    /// <param name="handle">Of the other client.</param>
    public KafkaAdmin(Handle handle) => (_handle, _unasked) = (handle, Build(handle));

    /// <param name="request">Asks, with a time limit for the answer.</param>
    public async Task<T> Ask<T>(Func<IAdminClient, TimeSpan, Task<T>> request)
    {
        try
        {
            return await Begin(request).WaitAsync(AnswerTimeout + Grace);
        }
        catch (TimeoutException)
        {
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
        IAdminClient[] owing;
        lock (_lock)
        {
            owing = [.. _owing];
            foreach (var client in _idle.Append(_unasked))
            {
                client.Dispose();
            }
        }

        await Task.WhenAll(owing.Select(StopPolling));
    }

    /// <summary>In slices, so that the end of the node need not wait for long.</summary>
    private Metadata Metadata(string topic) => Inside(() =>
    {
        for (var waited = Slice; ; waited += Slice)
        {
            try
            {
                return _unasked.GetMetadata(topic, Slice);
            }
            catch (KafkaException) when (waited < AnswerTimeout && !_lifetime.IsEnding)
            {
            }
        }
    });

    private Task<T> Begin<T>(Func<IAdminClient, TimeSpan, Task<T>> request) => Inside(() =>
    {
        var client = Take();
        var answer = Answer();
        _ = GiveBack(client, answer);
        return answer;

        // What the client refuses at once is an answer too.
        async Task<T> Answer() => await request(client, AnswerTimeout);
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

    private IAdminClient Take()
    {
        lock (_lock)
        {
            var client = _idle.TryPop(out var idle) ? idle : Build(_handle);
            _owing.Add(client);
            return client;
        }
    }

    private async Task GiveBack(IAdminClient client, Task answer)
    {
        await answer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _owing.Remove(client);
            _idle.Push(client);
        }
    }

    private static IAdminClient Build(Handle handle) => new DependentAdminClientBuilder(handle).Build();

    /// <summary>
    /// Ends the thread of a client that owes an answer, before the other client ends. Not by disposing of it: it may have freed its queue,
    /// or do so now.
    /// </summary>
    private static async Task StopPolling(IAdminClient client)
    {
        await PollCancellation(client).CancelAsync();
        await PollTask(client);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "callbackCts")]
    private static extern ref CancellationTokenSource PollCancellation(
        [UnsafeAccessorType("Confluent.Kafka.AdminClient, Confluent.Kafka")] object client);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "callbackTask")]
    private static extern ref Task PollTask([UnsafeAccessorType("Confluent.Kafka.AdminClient, Confluent.Kafka")] object client);
}
