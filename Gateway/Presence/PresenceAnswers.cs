using System.Text.Json;
using RigKafka.Http;

namespace RigKafka.Presence;

/// <summary>What the answers of calls that ask who is online have in common.</summary>
internal static class PresenceAnswers
{
    private const string Off = "Not found: nobody keeps who is online, since PRESENCE_ENABLED is false.";

    /// <summary>What is said where this node cannot know yet.</summary>
    public const string NotCaughtUp = "This node has not read yet who is online.";

    /// <summary>Answers with JSON: 404 where there is nothing to tell or presence is off, 503 before this node knows.</summary>
    public static Task Answer(this PresenceIndex? index, HttpContext context, Func<byte[]?> answer)
    {
        if (index is null)
        {
            return context.AnswerError(StatusCodes.Status404NotFound, Off);
        }

        if (!index.CaughtUp.IsCompleted)
        {
            return context.AnswerUnavailable(NotCaughtUp);
        }

        return answer() is { } json
            ? context.AnswerJson(StatusCodes.Status200OK, json)
            : context.AnswerError(StatusCodes.Status404NotFound);
    }

    /// <summary>Writes how many connections these are, and on which nodes.</summary>
    public static void WriteConnections(Utf8JsonWriter json, IEnumerable<PresenceEntry> entries)
    {
        var connections = entries.Select(entry => (entry.Node, entry.Connection)).Distinct().ToArray();
        json.WriteNumber("connections", connections.Length);
        json.WriteStartArray("nodes");
        foreach (var node in connections.Select(connection => connection.Node).Distinct().Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(node);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes when the token of a session ends, in seconds since the Unix epoch; null for never.</summary>
    public static void WriteExpiry(Utf8JsonWriter json, PresenceRecord record)
    {
        if (record.Expires is { } expires)
        {
            json.WriteNumber("expires_at", expires / 1000);
        }
        else
        {
            json.WriteNull("expires_at");
        }
    }
}
