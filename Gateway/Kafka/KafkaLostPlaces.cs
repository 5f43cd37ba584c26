using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>The places of the reader that are no longer in the log, until it has others.</summary>
/// <param name="place">Takes the places to read from.</param>
/// <param name="logger">The log.</param>
internal sealed partial class KafkaLostPlaces(Action<KafkaPlacing> place, ILogger<KafkaLostPlaces> logger)
{
    private readonly ConcurrentQueue<LostPlace> _lost = new();

    public void Add(LostPlace lost) => _lost.Enqueue(lost);

    /// <summary>Places those for whom Kafka can be asked. Returns what is wrong with the others.</summary>
    public async Task<string?> Find(KafkaTopics topics, WatchedSourceTopic[] watched)
    {
        for (var left = _lost.Count; left > 0 && _lost.TryDequeue(out var lost); left--)
        {
            var topic = watched[lost.SourceTopicIndex];
            if (lost.Epoch != topic.Epoch)
            {
                continue;
            }

            try
            {
                var first = (await topics.Offsets(topic.Name, [lost.Partition], OffsetSpec.Earliest())).Single();
                var end = (await topics.Offsets(topic.Name, [lost.Partition], OffsetSpec.Latest())).Single();
                if ((await topics.Describe([topic.Name])).Single() is var found && (found.Error.IsError || !topic.IsThere(TopicId.Of(found.TopicId))))
                {
                    // Then these are offsets of another topic, or will be.
                    _lost.Enqueue(lost);
                    return $"Source topic {topic.Name}: it was deleted or created again just now.";
                }

                var (next, gap) = lost.GoOn(first, end);
                if (gap == LogPlacement.Truncated && lost.Truncation is null)
                {
                    LogTruncationUnread(topic.Name, lost.Partition, next.Offset.Value);
                }

                place(new KafkaPlacing(topic.Index, topic.Epoch, [next], Anew: false, gap));
            }
            catch (KafkaException failure)
            {
                _lost.Enqueue(lost);
                var reason = failure.Error.Reason;
                return $"Source topic {topic.Name}: the place to go on in partition {lost.Partition} is not to be had: {reason}";
            }
        }

        return null;
    }

    [LoggerMessage(1022, LogLevel.Warning,
        "Source topic {SourceTopic}, partition {Partition}: it lost its end, and the Kafka client does not say where; reading goes "
        + "on from the end it has now, offset {Offset}.", EventName = "TruncationUnread")]
    private partial void LogTruncationUnread(string sourceTopic, int partition, long offset);
}
