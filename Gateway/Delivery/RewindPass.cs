using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Delivery;

/// <summary>
/// What one pass through the log reads, and for whom. A record costs one look for its topic, however many wait.
/// </summary>
internal sealed class RewindPass
{
    private readonly MessageOptions _messages;
    private readonly int _largest;
    private readonly Dictionary<string, List<WaitingRewind>> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<WaitingRewind>>.AlternateLookup<ReadOnlySpan<char>> _topicsByText;

    /// <param name="clients">Those it is for, of this layout of the log; one at least.</param>
    /// <param name="messages">How the user is found in a message.</param>
    /// <param name="largest">The most that topic and JSON of a message may take, so that it fits an outbox.</param>
    public RewindPass(IReadOnlyList<WaitingRewind> clients, MessageOptions messages, int largest)
    {
        Clients = clients;
        _messages = messages;
        _largest = largest;
        _topicsByText = _topics.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var client in clients)
        {
            foreach (var topic in client.Request.Topics)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(_topics, topic, out _) ??= []).Add(client);
            }
        }

        var layout = clients[0].Request.From;
        (From, To, MessagesFrom) = (new(layout.SourceTopicCount), new(layout.SourceTopicCount), new(layout.SourceTopicCount));
        for (var index = 0; index < layout.SourceTopicCount; index++)
        {
            Span(index);
        }
    }

    public IReadOnlyList<WaitingRewind> Clients { get; }

    /// <summary>The first offset that somebody needs of each partition.</summary>
    public Position From { get; }

    /// <summary>Where the last of them ends.</summary>
    public Position To { get; }

    /// <summary>Where the last message ended that was found in each partition: from there on there is none.</summary>
    public Position MessagesFrom { get; }

    /// <summary>How many records have been read.</summary>
    public long Records { get; private set; }

    /// <summary>Takes the next record. What holds no message is no business of those who wait.</summary>
    [SkipLocalsInit]
    public void OnRecord(LogRecord record)
    {
        Records++;
        if (record.Value is null || Message.TryParse(record.Bytes, _messages.UserFieldUtf8, out var message) != MessageFault.None)
        {
            return;
        }

        MessagesFrom.Advance(record.SourceTopicIndex, record.Partition, record.Offset + 1);
        const int OnStack = 512;
        var most = Topic.UserPrefix.Length + message.MaxUserChars;
        var topic = most <= OnStack ? stackalloc char[OnStack] : new char[most];
        Topic.UserPrefix.CopyTo(topic);
        topic = topic[..(Topic.UserPrefix.Length + message.CopyUser(topic[Topic.UserPrefix.Length..]))];
        if (_topicsByText.TryGetValue(topic, out var name, out var clients))
        {
            var json = topic.Length + message.Json.Length > _largest ? default
                : record.Lent is null ? message.Json : message.Json.ToArray();
            foreach (var client in clients)
            {
                client.Give(record, name, json);
            }
        }
    }

    /// <summary>The partitions in which there was no message from some offset on.</summary>
    public IEnumerable<(int SourceTopicIndex, int Partition)> WithoutMessages() =>
        from index in Enumerable.Range(0, From.SourceTopicCount)
        from partition in Enumerable.Range(0, From.Offsets(index).Length)
        where MessagesFrom.Offsets(index)[partition] < To.Offsets(index)[partition]
        select (index, partition);

    /// <summary>From the least to the most that anybody needs of each partition; those that nobody needs stay empty.</summary>
    private void Span(int index)
    {
        var partitions = Clients.Max(client => client.Request.From.Offsets(index).Length);
        var (first, end) = (new long[partitions], new long[partitions]);
        var epoch = Clients[0].Request.From.Epoch(index);
        foreach (var request in Clients.Select(client => client.Request))
        {
            var from = request.From.Offsets(index);
            var to = request.To.Offsets(index);
            for (var partition = 0; partition < from.Length; partition++)
            {
                if (from[partition] < to[partition])
                {
                    // Those that need nothing of a topic may know it by an earlier epoch.
                    epoch = request.From.Epoch(index);
                    first[partition] = end[partition] == 0 ? from[partition] : Math.Min(first[partition], from[partition]);
                    end[partition] = Math.Max(end[partition], to[partition]);
                }
            }
        }

        From.Place(index, epoch, first);
        MessagesFrom.Place(index, epoch, first);
        To.Place(index, epoch, end);
    }
}
