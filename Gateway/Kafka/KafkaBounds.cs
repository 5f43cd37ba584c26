using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>Where the source topics begin and end: asked once a second at most, for all who want to know (H16).</summary>
/// <param name="clients">The settings, and the time.</param>
/// <param name="client">Asks the brokers.</param>
/// <param name="onAnswer">Hears each answer.</param>
internal sealed class KafkaBounds(KafkaClients clients, KafkaSideClient client, Action<LogBounds> onAnswer)
{
    /// <summary>The least time between two questions.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Task<LogBounds?> _last = Task.FromResult<LogBounds?>(null);
    private Task<LogBounds?>? _next;
    private long? _askedAt;

    /// <summary>An answer to a question that is asked from here on; null when there is none in time.</summary>
    public async Task<LogBounds?> Ask(CancellationToken cancellation)
    {
        Task<LogBounds?> answer;
        lock (_lock)
        {
            var before = _last;
            answer = _last = _next ??= Task.Run(() => AskNext(before), CancellationToken.None);
        }

        try
        {
            return await answer.WaitAsync(InTime, clients.Time, cancellation);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Which incarnation of each source topic there is now, and with how many partitions; null where there is none.</summary>
    public static async Task<IReadOnlyList<(uint Epoch, int Partitions)?>> Incarnations(KafkaTopics topics)
    {
        var found = await topics.Describe();
        return [.. found.Select(Incarnation)];

        static (uint Epoch, int Partitions)? Incarnation(TopicDescription topic) =>
            topic.Error.IsError ? null : (TopicId.Of(topic.TopicId).Epoch(topic.Name), topic.Partitions.Count);
    }

    private async Task<LogBounds?> AskNext(Task<LogBounds?> before)
    {
        await ((Task)before).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_askedAt is { } last && clients.Time.GetElapsedTime(last) is var since && since < Least)
        {
            await Task.Delay(Least - since, clients.Time);
        }

        lock (_lock)
        {
            _next = null;
            _askedAt = clients.Time.GetTimestamp();
        }

        try
        {
            return await client.Use((kafka, ending) => Ask(kafka.Topics).WaitAsync(ending), CancellationToken.None);
        }
        catch (Exception failure) when (failure is KafkaException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    private async Task<LogBounds?> Ask(KafkaTopics topics)
    {
        var names = clients.Options.SourceTopics;
        var incarnations = await Incarnations(topics);
        var (first, end) = (new Position(names.Count), new Position(names.Count));
        foreach (var (index, name) in names.Index())
        {
            if (incarnations[index] is not { } incarnation)
            {
                return null;
            }

            var partitions = Enumerable.Range(0, incarnation.Partitions);
            first.Place(index, incarnation.Epoch, Offsets(await topics.Offsets(name, partitions, OffsetSpec.Earliest())));
            end.Place(index, incarnation.Epoch, Offsets(await topics.Offsets(name, partitions, OffsetSpec.Latest())));
        }

        var bounds = new LogBounds(first, end, await Task.WhenAll(names.Select(topics.MayBeCompacted)));
        onAnswer(bounds);
        return bounds;

        static long[] Offsets(IReadOnlyList<TopicPartitionOffset> places) => [.. places.Select(place => place.Offset.Value)];
    }
}
