using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>
/// Copies the values of records into two buffers in turn, so that nothing is allocated for a record that nobody listens to. For a reader
/// that has done with a record before it reads the next but one.
/// </summary>
internal sealed class LentValues : IDeserializer<LentValue>
{
    /// <summary>A larger value gets an array of its own, so that the buffers stay small.</summary>
    private const int MaxBytes = 64 * 1024;

    private byte[] _next = new byte[MaxBytes];
    private byte[] _last = new byte[MaxBytes];

    public LentValue Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull || data.Length > MaxBytes)
        {
            return new LentValue(isNull ? null : data.ToArray(), null);
        }

        (_last, _next) = (_next, _last);
        data.CopyTo(_last);
        return new LentValue(_last, data.Length);
    }
}

/// <summary>The value of a record.</summary>
/// <param name="Bytes">The bytes; null for a tombstone.</param>
/// <param name="Lent">How many of them are the value, where the array is lent; null where it is the record's own.</param>
internal readonly record struct LentValue(byte[]? Bytes, int? Lent);
