using RigKafka.Http;
using RigKafka.Messages;

namespace RigKafka.Presence;

/// <summary>Who is online, on all nodes, for back-ends and operators.</summary>
/// <param name="options">The settings.</param>
/// <param name="index">Who is online; null where presence is off.</param>
/// <param name="topics">The same by topic.</param>
internal sealed class PresenceEndpoints(PresenceOptions options, PresenceIndex? index = null, PresenceTopics? topics = null)
{
    /// <summary><c>GET /v1/users</c>: the users who are online and have the role of the settings, in the order of their names.</summary>
    public Task ListUsers(HttpContext context) => index.Answer(context, () => RelaxedJson.Write(json =>
    {
        json.WriteStartArray();
        var users = topics!.On(Topic.RolePrefix + options.SessionRole).Select(entry => entry.Read().User);
        foreach (var user in users.Distinct().Order(StringComparer.Ordinal))
        {
            json.WriteStringValue(user);
        }

        json.WriteEndArray();
    }));

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
                json.WriteEndObject();
            });
        });
    }
}
