using RigKafka.Http;
using RigKafka.Messages;
using RigKafka.Presence;

namespace RigKafka.Sessions;

/// <summary>The sessions that listen, on all nodes, for back-ends and operators.</summary>
/// <param name="index">Who is online; null where presence is off.</param>
/// <param name="topics">The same by topic.</param>
internal sealed class SessionEndpoints(PresenceIndex? index = null, PresenceTopics? topics = null)
{
    /// <summary>
    /// <c>GET /v1/users/:user/sessions</c>: the metas of all who listen to the user, with privileged others; empty when nobody does.
    /// </summary>
    public Task ListSessions(HttpContext context)
    {
        var user = context.RouteNameOf("user");
        return index.Answer(context, () => RelaxedJson.Write(json =>
        {
            json.WriteStartArray();
            foreach (var entry in topics!.On(Topic.UserPrefix + user))
            {
                json.WriteRawValue(entry.Read().Meta.Span, skipInputValidation: true);
            }

            json.WriteEndArray();
        }));
    }

    /// <summary><c>GET /v1/sessions/:jti</c>: what a session listens to, and where; 404 when it has joined nothing.</summary>
    public Task GetSession(HttpContext context)
    {
        var session = context.RouteNameOf("jti");
        return index.Answer(
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
        PresenceAnswers.WriteExpiry(json, first);
        PresenceAnswers.WriteConnections(json, channels.Select(channel => channel.Entry));
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
}
