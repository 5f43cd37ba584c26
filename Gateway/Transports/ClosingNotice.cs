using System.Text;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>The event that says why the server ends a connection.</summary>
internal static class ClosingNotice
{
    public const string Event = "closing";

    public static byte[] Payload(CloseReason reason) => Encoding.UTF8.GetBytes($$"""{"reason":"{{reason.Name}}","reconnect":{{(reason.Reconnect ? "true" : "false")}}}""");
}
