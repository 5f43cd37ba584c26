using System.Buffers.Binary;
using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>Kafka's id of a topic: a topic that is deleted and created again has another one.</summary>
internal readonly record struct TopicId(long MostSignificantBits, long LeastSignificantBits)
{
    /// <summary>The id in the 4 bytes of an epoch.</summary>
    public uint Epoch
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteInt64BigEndian(bytes, MostSignificantBits);
            BinaryPrimitives.WriteInt64BigEndian(bytes[8..], LeastSignificantBits);
            return BinaryPrimitives.ReadUInt32BigEndian(bytes) ^ BinaryPrimitives.ReadUInt32BigEndian(bytes[4..])
                ^ BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) ^ BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
        }
    }

    public static TopicId Of(Uuid id) => new(id.MostSignificantBits.Value, id.LeastSignificantBits.Value);
}
