using System.Security.Cryptography;

namespace RigKafka.Telemetry;

/// <summary>One running gateway: 16 hexadecimal digits, new at every process start, so that two runs are never mistaken for one.</summary>
internal sealed record NodeId(string Value)
{
    public static NodeId New() => new(RandomNumberGenerator.GetHexString(16, lowercase: true));

    public override string ToString() => Value;
}
