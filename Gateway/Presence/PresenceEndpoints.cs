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
    /// <summary>
    /// <c>GET /v1/users</c>: the users who are online and have the role of the settings, in the order of their names; with <c>limit</c>
    /// a page of them, which begins <c>after</c> a name.
    /// </summary>
    public Task ListUsers(HttpContext context)
    {
        if (PageQuery.Read(context.Request.Query, unlessGiven: int.MaxValue) is not { } page)
        {
            return context.AnswerError(StatusCodes.Status400BadRequest, PageQuery.BadLimit);
        }

        return index.Answer(context, () => RelaxedJson.Write(json =>
        {
            json.WriteStartArray();
            var users = topics!.On(Topic.RolePrefix + options.SessionRole).Select(entry => entry.Read().User)
                .Where(user => string.CompareOrdinal(user, page.After) > 0);
            foreach (var user in users.Distinct().Order(StringComparer.Ordinal).Take(page.Limit))
            {
                json.WriteStringValue(user);
            }

            json.WriteEndArray();
        }));
    }

    /// <summary><c>GET /v1/users/:user</c>: whether the user is online, since when, with how many connections, on which nodes.</summary>
    public Task GetUser(HttpContext context)
    {
        var user = context.RouteNameOf("user");
        return index.Answer(context, () =>
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

                PresenceAnswers.WriteConnections(json, own.Select(found => found.Entry));
                json.WriteStartArray("sessions");
                foreach (var (entry, record) in own)
                {
                    WriteSession(json, entry, record);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            });
        });
    }

    private static void WriteSession(Utf8JsonWriter json, PresenceEntry entry, PresenceRecord record)
    {
        json.WriteStartObject();
        json.WriteString("jti", record.Session);
        json.WriteString("node", entry.Node);
        json.WriteNumber("since", record.Time);
        PresenceAnswers.WriteExpiry(json, record);
        json.WritePropertyName("meta");
        json.WriteRawValue(record.Meta.Span, skipInputValidation: true);
        json.WriteEndObject();
    }
}
