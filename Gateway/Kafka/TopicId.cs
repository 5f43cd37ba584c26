using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>Kafka's id of a topic: a topic that is deleted and created again has another one.</summary>
internal readonly record struct TopicId(long MostSignificantBits, long LeastSignificantBits)
{
    private const int MaxNameChars = 249;

    /// <summary>
    /// Which incarnation of a source topic this is, in the 4 bytes that an event id has for it. The name is part of it: some brokers know
    /// no ids of topics, and source topics may be listed in another order, but no id may be taken for one of another topic.
    /// </summary>
    public uint Epoch(string name)
    {
        Span<byte> bytes = stackalloc byte[16 + Encoding.UTF8.GetMaxByteCount(MaxNameChars)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, MostSignificantBits);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], LeastSignificantBits);
        var length = 16 + Encoding.UTF8.GetBytes(name, bytes[16..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..length], hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }

    public static TopicId Of(Uuid id) => new(id.MostSignificantBits.Value, id.LeastSignificantBits.Value);
}
