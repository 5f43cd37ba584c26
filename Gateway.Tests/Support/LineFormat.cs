using System.Text;
using RigKafka.Connections;

namespace RigKafka.Tests.Support;

/// <summary>One line for each event, <c>name|id|payload</c>, so that a test reads what a client was told.</summary>
internal sealed class LineFormat : WireFormat
{
    public static readonly LineFormat Instance = new();

    private LineFormat()
    {
    }

    public override byte[] Encode(Event pushed) => Line(pushed.Name, pushed.Id, pushed.Payload.Span);

    public override byte[] Heartbeat(ReadOnlySpan<byte> id) => Line("heartbeat", id, default);

    public override byte[] End(CloseReason reason) => [];

    private static byte[] Line(string name, ReadOnlySpan<byte> id, ReadOnlySpan<byte> payload) =>
        [.. Encoding.UTF8.GetBytes(name), (byte)'|', .. id, (byte)'|', .. payload, (byte)'\n'];
}
