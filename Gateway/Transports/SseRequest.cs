using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using RigKafka.Messages;

namespace RigKafka.Transports;

/// <summary>What a request for a stream asks for.</summary>
internal static class SseRequest
{
    /// <summary>The media type of a stream (WHATWG HTML, section 9.2.6).</summary>
    public const string ContentType = "text/event-stream";

    /// <summary>The topics in the order of the query, users before roles, each once.</summary>
    public static List<string> Topics(IQueryCollection query)
    {
        var topics = new List<string>();
        Add(query["users[]"], Topic.UserPrefix);
        Add(query["users"], Topic.UserPrefix);
        Add(query["roles[]"], Topic.RolePrefix);
        Add(query["roles"], Topic.RolePrefix);
        return topics;

        void Add(StringValues names, string prefix)
        {
            foreach (var name in names)
            {
                if (!string.IsNullOrEmpty(name) && prefix + name is var topic && !topics.Contains(topic))
                {
                    topics.Add(topic);
                }
            }
        }
    }

    /// <summary>
    /// Whether the client names streams among what it reads, as every <c>EventSource</c> does; <c>*/*</c> does not count.
    /// </summary>
    public static bool NamesStream(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types)
        && types.Any(type => type.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase) && type.Quality is null or > 0);

    /// <summary>The id that the client goes on from; null when it names none.</summary>
    /// <remarks>
    /// The header counts first. A polyfill that cannot set headers renews <c>lastEventId</c> alone, so that counts before the parameter
    /// that a page wrote into its address.
    /// </remarks>
    public static string? LastEventId(HttpRequest request) =>
        First(request.Headers["Last-Event-ID"]) ?? First(request.Query["lastEventId"]) ?? First(request.Query["last_event_id"]);

    private static string? First(StringValues values) => values.FirstOrDefault(value => !string.IsNullOrEmpty(value));
}
