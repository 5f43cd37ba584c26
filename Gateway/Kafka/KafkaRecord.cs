using System.Buffers;
using System.Text;
using Confluent.Kafka;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>What a record looks like to the Kafka client. That of a message has its user as the key, and its JSON as the value.</summary>
internal static class KafkaRecord
{
    public static Message<byte[], byte[]> Of(byte[]? key, byte[] value, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        new() { Key = key!, Value = value, Headers = Headers(headers) };

    public static byte[] Key(Message message)
    {
        var chars = ArrayPool<char>.Shared.Rent(Math.Max(1, message.MaxUserChars));
        try
        {
            return Encoding.UTF8.GetBytes(chars, 0, message.CopyUser(chars));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    private static Headers? Headers(IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (headers.Count == 0)
        {
            return null;
        }

        var written = new Headers();
        foreach (var (name, value) in headers)
        {
            written.Add(name, Encoding.UTF8.GetBytes(value));
        }

        return written;
    }
}
