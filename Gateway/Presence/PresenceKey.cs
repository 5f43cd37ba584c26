using System.Globalization;

namespace RigKafka.Presence;

/// <summary>
/// What a record of the presence table is about: a channel, as <c>node/connection/topic</c>, or with the node alone the node itself. The node's id is
/// new at every start, so that whoever starts again revives nobody.
/// </summary>
/// <param name="Node">The node's id.</param>
/// <param name="Connection">The number of the connection on that node; 0 for the node itself.</param>
/// <param name="Topic">The topic; null for the node itself.</param>
internal readonly record struct PresenceKey(string Node, long Connection, string? Topic)
{
    public static string OfChannel(string node, long connection, string topic) => string.Create(CultureInfo.InvariantCulture, $"{node}/{connection}/{topic}");

    /// <summary>Whether a key is that of a node, or of one of its channels.</summary>
    public static bool IsOf(string node, string text) => text.StartsWith(node, StringComparison.Ordinal) && (text.Length == node.Length || text[node.Length] == '/');

    /// <summary>Null for a key that is none of ours.</summary>
    public static PresenceKey? TryParse(string text)
    {
        var afterNode = text.IndexOf('/', StringComparison.Ordinal);
        if (afterNode < 0)
        {
            return text.Length == 0 ? null : new PresenceKey(text, 0, null);
        }

        var afterConnection = text.IndexOf('/', afterNode + 1);
        return afterNode > 0 && afterConnection > 0 && long.TryParse(text.AsSpan(afterNode + 1, afterConnection - afterNode - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var connection)
            ? new PresenceKey(text[..afterNode], connection, text[(afterConnection + 1)..])
            : null;
    }
}
