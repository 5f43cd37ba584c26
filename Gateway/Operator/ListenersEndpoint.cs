using RigKafka.Connections;
using RigKafka.Http;
using RigKafka.Messages;
using RigKafka.Presence;

namespace RigKafka.Operator;

/// <summary>
/// <c>POST /v1/messages/listeners</c>: who would hear a message, which is not published. The body is the message, as
/// <c>POST /v1/messages</c> takes it as JSON.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="registry">The connections of this node.</param>
/// <param name="index">Who is online on all nodes; null where presence is off.</param>
/// <param name="presence">The same by topic.</param>
internal sealed class ListenersEndpoint(
    MessageOptions options, ConnectionRegistry registry, PresenceIndex? index = null, PresenceTopics? presence = null)
{
    /// <summary>How many are named.</summary>
    private const int Most = 100;

    public async Task Find(HttpContext context)
    {
        if (await context.ReadBodyOrAnswer(options.MaxBytes) is not { } body)
        {
            return;
        }

        if (Message.TryParse(body, options.UserFieldUtf8, out var message) is var fault and not MessageFault.None)
        {
            await context.AnswerError(StatusCodes.Status400BadRequest, $"Bad request: expected a message, a JSON object with the user in \"{options.UserField}\"; this is none ({fault.Word()}).");
            return;
        }

        if (index is { CaughtUp.IsCompleted: false })
        {
            await context.AnswerUnavailable(PresenceAnswers.NotCaughtUp);
            return;
        }

        await context.AnswerJson(StatusCodes.Status200OK, Answer(Topic.UserPrefix + message.User()));
    }

    private byte[] Answer(string topic)
    {
        int here;
        lock (registry.TotalOrder)
        {
            here = registry.Find(topic)?.Listeners ?? 0;
        }

        var everywhere = presence?.On(topic);
        return RelaxedJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("topic", topic);
            json.WriteNumber("here", here);
            if (everywhere is null)
            {
                json.WriteNull("everywhere");
            }
            else
            {
                json.WriteNumber("everywhere", everywhere.Count);
                json.WriteStartArray("listeners");
                foreach (var entry in everywhere.Take(Most))
                {
                    var record = entry.Read();
                    json.WriteStartObject();
                    json.WriteString("user", record.User);
                    json.WriteString("jti", record.Session);
                    json.WriteString("node", entry.Node);
                    json.WriteNumber("since", record.Time);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }
}
