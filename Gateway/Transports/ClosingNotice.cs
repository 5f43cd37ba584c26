using System.Text;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>The event that says why the server ends a connection.</summary>
internal static class ClosingNotice
{
    public const string Event = "closing";

    public static byte[] Payload(CloseReason reason) => Payload(reason.Name, reason.Reconnect);

    public static byte[] Payload(string reason, bool reconnect) => Encoding.UTF8.GetBytes($$"""{"reason":"{{reason}}","reconnect":{{(reconnect ? "true" : "false")}}}""");
}
