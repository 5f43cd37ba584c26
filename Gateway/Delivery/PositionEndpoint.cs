using System.Text;
using RigKafka.Http;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Delivery;

/// <summary>
/// <c>GET /v1/position</c>: the id from which a stream goes on that a page opens later. A back-end asks for it before it reads its database,
/// so that what is written in between comes over the stream.
/// </summary>
internal sealed class PositionEndpoint(FanOut fanOut, IMessageLog log)
{
    /// <summary>The path.</summary>
    public const string Path = "/v1/position";

    public Task Handle(HttpContext context)
    {
        if (!log.Health.Ready)
        {
            return context.AnswerUnavailable("This node has not reached the log yet.");
        }

        context.Response.Headers.CacheControl = "no-store";
        var id = Encoding.ASCII.GetString(fanOut.Where().ToId());
        return context.AnswerJson(StatusCodes.Status200OK, RelaxedJson.Write(id, static (json, id) =>
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteEndObject();
        }));
    }
}
