using System.Text;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>A record as it stands in a Kafka topic.</summary>
internal sealed record WrittenRecord(int Partition, long Offset, string? Key, string? Value, IReadOnlyList<(string Name, string Value)> Headers)
{
    public static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}
