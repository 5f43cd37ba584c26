using System.Buffers.Binary;
using Confluent.Kafka;

namespace RigKafka.Log;

/// <summary>What is known of one source topic from looking at it again and again.</summary>
internal sealed class WatchedSourceTopic(int number, string name)
{
    private Uuid? _id;

    public int Number => number;

    public string Name => name;

    /// <summary>Whether the reader has a place in it.</summary>
    public bool IsPlaced => _id is not null;

    public int Partitions { get; private set; }

    public uint Epoch => Fold(_id!);

    /// <summary>When it was first seen to be missing, if it has been since it was last there.</summary>
    public long? MissingSince { get; set; }

    public bool IsAnother(Uuid id) => _id is not null && (id.MostSignificantBits != _id.MostSignificantBits || id.LeastSignificantBits != _id.LeastSignificantBits);

    public void Placed(Uuid id, int partitions) => (_id, Partitions, MissingSince) = (id, partitions, null);

    /// <summary>An epoch has 4 bytes, Kafka's id of a topic 16.</summary>
    public static uint Fold(Uuid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, id.MostSignificantBits.Value);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], id.LeastSignificantBits.Value);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes) ^ BinaryPrimitives.ReadUInt32BigEndian(bytes[4..])
            ^ BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) ^ BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
    }
}
