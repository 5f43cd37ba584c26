using System.Text.Json;
using RigKafka.Http;
using RigKafka.Messages;

namespace RigKafka.Presence;

/// <summary>Who is online, on all nodes, for back-ends and operators.</summary>
/// <param name="options">The settings.</param>
/// <param name="index">Who is online; null where presence is off.</param>
/// <param name="topics">The same by topic.</param>
internal sealed class PresenceEndpoints(PresenceOptions options, PresenceIndex? index = null, PresenceTopics? topics = null)
{
    private const string Off = "Not found: nobody keeps who is online, since PRESENCE_ENABLED is false.";
    private const string NotCaughtUp = "This node has not read yet who is online.";

    /// <summary><c>GET /v1/users</c>: the users who are online and have the role of the settings, in the order of their names.</summary>
    public Task ListUsers(HttpContext context) => Answer(context, () => RelaxedJson.Write(json =>
    {
        json.WriteStartArray();
        var users = topics!.On(Topic.RolePrefix + options.SessionRole).Select(entry => entry.Read().User);
        foreach (var user in users.Distinct().Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(user);
        }

        json.WriteEndArray();
    }));

    /// <summary>
    /// <c>GET /v1/users/:user/sessions</c>: the metas of all who listen to the user, with privileged others; empty when nobody does.
    /// </summary>
    public Task ListSessions(HttpContext context)
    {
        var user = context.RouteNameOf("user");
        return Answer(context, () => RelaxedJson.Write(json =>
        {
            json.WriteStartArray();
            foreach (var entry in topics!.On(Topic.UserPrefix + user))
            {
                json.WriteRawValue(entry.Read().Meta.Span, skipInputValidation: true);
            }

            json.WriteEndArray();
        }));
    }

    /// <summary><c>GET /v1/users/:user</c>: whether the user is online, since when, with how many connections, on which nodes.</summary>
    public Task GetUser(HttpContext context)
    {
        var user = context.RouteNameOf("user");
        return Answer(context, () =>
        {
            var own = index!.OfUser(user);
            return RelaxedJson.Write(json =>
            {
                json.WriteStartObject();
                json.WriteString("user", user);
                json.WriteBoolean("online", own.Count > 0);
                if (own.Count > 0)
                {
                    json.WriteNumber("since", own.Min(found => found.Record.Time));
                }
                else
                {
                    json.WriteNull("since");
                }

                WriteConnections(json, own.Select(found => found.Entry));
                json.WriteEndObject();
            });
        });
    }

    /// <summary><c>GET /v1/sessions/:jti</c>: what a session listens to, and where; 404 when it has joined nothing.</summary>
    public Task GetSession(HttpContext context)
    {
        var session = context.RouteNameOf("jti");
        return Answer(
            context, () => index!.OfSession(session) is [var first, ..] channels ? Session(session, first.Record, channels) : null);
    }

    private static byte[] Session(
        string session,
        PresenceRecord first,
        IReadOnlyList<(PresenceEntry Entry, PresenceRecord Record)> channels) => RelaxedJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("jti", session);
        json.WriteString("user", first.User);
        if (first.Expires is { } expires)
        {
            json.WriteNumber("expires_at", expires / 1000);
        }
        else
        {
            json.WriteNull("expires_at");
        }

        WriteConnections(json, channels.Select(channel => channel.Entry));
        json.WriteStartArray("channels");
        foreach (var (entry, record) in channels)
        {
            json.WriteStartObject();
            json.WriteString("topic", entry.Topic);
            json.WritePropertyName("meta");
            json.WriteRawValue(record.Meta.Span, skipInputValidation: true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteConnections(Utf8JsonWriter json, IEnumerable<PresenceEntry> entries)
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

    private Task Answer(HttpContext context, Func<byte[]?> answer)
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
}
