using System.Buffers;
using System.Text;
using Confluent.Kafka;
using RigKafka.Messages;

namespace RigKafka.Kafka;

/// <summary>What a message looks like in Kafka: its user is the key, its JSON the value.</summary>
internal static class KafkaRecord
{
    public static Message<byte[], byte[]> Of(Message message, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        new() { Key = Key(message), Value = message.ToArray(), Headers = Headers(headers) };

    public static Headers? Headers(IReadOnlyList<KeyValuePair<string, string>> headers)
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

    private static byte[] Key(Message message)
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
}
