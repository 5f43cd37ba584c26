using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>What looking again and again has shown of one source topic.</summary>
internal sealed class WatchedSourceTopic(int index, string name)
{
    private TopicId? _id;
    private long _seenAt = long.MinValue;

    public int Index => index;

    public string Name => name;

    /// <summary>Whether the reader has a place in it.</summary>
    public bool IsPlaced => _id is not null;

    public int Partitions { get; private set; }

    public uint Epoch => _id!.Value.Epoch(name);

    /// <summary>When it was first missing, since it was last there; null when it is there.</summary>
    public long? MissingSince { get; private set; }

    /// <summary>Whether everything in it was written after this node started: it did not exist then, or was created again.</summary>
    public bool IsNew => IsPlaced || MissingSince is not null;

    /// <summary>When the last look began that found it to be the same.</summary>
    public long SeenAt => Volatile.Read(ref _seenAt);

    /// <summary>Whether it is the topic that is read.</summary>
    public bool IsThere(TopicId id) => _id == id;

    /// <summary>Whether another topic of this name was read before.</summary>
    public bool IsAnother(TopicId id) => _id is not null && !IsThere(id);

    /// <summary>A look found it, and it is the topic that is read.</summary>
    /// <param name="at">When the look began.</param>
    public void Seen(long at)
    {
        MissingSince = null;
        Volatile.Write(ref _seenAt, at);
    }

    /// <summary>A broker does not know it. Before it was ever read that says little: a broker may know less than the others.</summary>
    public void Missing(long at)
    {
        if (IsPlaced)
        {
            MissingSince ??= at;
        }
    }

    /// <summary>An attempt to create it was answered.</summary>
    /// <param name="at">When it was seen to be missing.</param>
    /// <param name="refusal">Why it was not created; null when it was.</param>
    public void Created(long at, Error? refusal)
    {
        if (refusal?.Code != ErrorCode.TopicAlreadyExists)
        {
            MissingSince ??= at;
        }
    }

    public void Placed(TopicId id, int partitions) => (_id, Partitions, MissingSince) = (id, partitions, null);
}
