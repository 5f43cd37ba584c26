using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Direct;
using RigKafka.Http;
using RigKafka.Listeners;
using RigKafka.Presence;
using RigKafka.Telemetry;

namespace RigKafka.Transports;

/// <summary>
/// <c>GET /socket/sse</c>: a stream of Server-Sent Events. Clients see what the original showed, see docs/reference/wire.md.
/// </summary>
internal sealed class SseEndpoint(
    Entrance entrance, Membership membership, SseOptions options, OriginOptions origins, GatewayMetrics metrics)
{
    public const string Path = Branches.Sockets + "/sse";

    public const string Transport = "sse";

    private const string BadRequest =
        """
        Bad request. Make sure you supply the right parameters, and that you're authorized to access the user's channel.

        Example: ?users[]=some.user&users[]=other.user&roles[]=support&token=my-jwt

        """;

    private Action<Connection>? _left;

    public Task Handle(HttpContext context)
    {
        Cors.Allow(context, origins);
        return context.Request.Method switch
        {
            "OPTIONS" => Cors.AnswerPreflight(context),
            "GET" => Open(context),
            _ => Refuse(context, StatusCodes.Status400BadRequest, EntryRefusalWords.BadRequest, BadRequest),
        };
    }

    private async Task Open(HttpContext context)
    {
        if (BearerToken.Find(context.Request) is not { } token)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, EntryRefusalWords.BadRequest, BadRequest);
            return;
        }

        var topics = SseRequest.Topics(context.Request.Query);
        if (topics.Count == 0)
        {
            await Refuse(context, StatusCodes.Status404NotFound, EntryRefusalWords.NoChannels, "no channels selected\n");
            return;
        }

        if (options.VsnCheck && ChannelCodec.Of(context.Request.Query) != ChannelCodec.V1)
        {
            await RefuseToken(context, EntryRefusalWords.BadVersion);
            return;
        }

        if (await Begin(context, token, topics) is { } connection)
        {
            await End(context, connection);
        }
    }

    /// <summary>
    /// Lets the client in and has it listen, or says why not. A method of its own, so that the stream does not hold what it needs.
    /// </summary>
    /// <returns>The connection if it is the request that ends it; null if the request is over.</returns>
    private async Task<Connection?> Begin(HttpContext context, string token, List<string> topics)
    {
        var entered = await entrance.Enter(context, token);
        if (entered.Identity is not { } identity)
        {
            await RefuseEntry(context, entered.Refusal!);
            return null;
        }

        var since = Since.Of(SseRequest.LastEventId(context.Request));
        if (!await membership.HasReached(since, topics))
        {
            entrance.Leave(identity.User);
            await RefuseEntry(context, EntryRefusal.ForNow(EntryRefusalWords.Behind, "This node has not read yet what this client has seen."));
            return null;
        }

        PrepareResponse(context);
        var wire = ClientWire.Of(context);
        var connection = entrance.Open(wire, wire is PipeWire ? SseFormat.Plain : SseFormat.Chunked, Transport, identity);
        try
        {
            var joined = membership.Join(connection, Visitor.Of(context, identity), topics, since);
            WritePrelude(context.Response.BodyWriter, topics, joined);
            await context.Response.BodyWriter.FlushAsync();
            // The token in it may be the largest part of what a stream holds.
            context.Request.Query = QueryCollection.Empty;
            connection.Start();
            if (!joined.IsAllowed)
            {
                connection.Close(CloseReason.JoinDenied);
            }
        }
        catch (Exception exception)
        {
            connection.Close(CloseReason.ClientGone);
            if (exception is not (OperationCanceledException or IOException))
            {
                entrance.Leave(identity.User);
                throw;
            }
        }

        return TakesOver(context, connection) ? null : connection;
    }

    /// <summary>Whether the stream goes on without the request, which has sent all that comes before the first event.</summary>
    private bool TakesOver(HttpContext context, Connection connection)
    {
        if (connection.Wire is not DirectWire wire || context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
        {
            return false;
        }

        var isReusable = !context.Request.Headers.Connection.ToString().Contains("close", StringComparison.OrdinalIgnoreCase);
        return wire.TakeOver(connection, isReusable, _left ??= ended => entrance.Leave(ended.Holder!.User));
    }

    private async Task End(HttpContext context, Connection connection)
    {
        try
        {
            await using var gone = context.RequestAborted.UnsafeRegister(
                static state => ((Connection)state!).Close(CloseReason.ClientGone), connection);
            await connection.Closed;
            await connection.Wire.Idle.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (connection.Closing is { MovesOn: true })
            {
                context.EndConnection();
            }
        }
        finally
        {
            entrance.Leave(connection.Holder!.User);
        }
    }

    /// <summary>
    /// What comes before the first event: how to come back, a reply for each channel up to the first that is denied, and who is there. With
    /// a denied one nothing is joined, and so there is no id to go on from.
    /// </summary>
    private void WritePrelude(PipeWriter response, List<string> topics, Joined joined)
    {
        response.Write(SseFormat.Retry(RetryMs()));
        foreach (var (topic, decision) in topics.Zip(joined.Decisions))
        {
            var reply = ChannelCodec.V1.Reply(null, null, topic, decision.Allowed, decision.Response);
            response.Write(SseFormat.Plain.Write(joined.Id, ClientFrame.Reply, reply));
            if (!decision.Allowed)
            {
                break;
            }
        }

        foreach (var state in joined.States)
        {
            response.Write(SseFormat.Plain.Write(default, PresencePayload.StateEvent, state));
        }
    }

    private static void PrepareResponse(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentType = SseRequest.ContentType;
        headers.CacheControl = "no-cache, no-transform";
        headers["X-Accel-Buffering"] = "no";
        if (context.Request.Protocol == HttpProtocol.Http11)
        {
            headers.Connection = "keep-alive";
        }

        // Else the server would break off a reader that pauses before its outbox is full.
        context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        // A stream's length says nothing of how long a request takes.
        context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true;
    }

    private Task RefuseEntry(HttpContext context, EntryRefusal refusal)
    {
        if (refusal.IsForToken)
        {
            return RefuseToken(context, refusal.Reason);
        }

        if (!options.RefuseWithStatus && SseRequest.NamesStream(context.Request))
        {
            return RefuseStream(context, refusal);
        }

        refusal.Answer(context);
        return Refuse(context, refusal.Status, refusal.Reason, refusal.Text);
    }

    /// <summary>
    /// Refuses for the moment in the form of a stream that ends at once: an <c>EventSource</c> never comes back after a status other than
    /// 200 (WHATWG HTML, section 9.2.3). Without an id, so that it still names the last one that it has.
    /// </summary>
    private Task RefuseStream(HttpContext context, EntryRefusal refusal)
    {
        var headers = context.Response.Headers;
        headers.ContentType = SseRequest.ContentType;
        headers.CacheControl = "no-store";
        if (context.Request.Protocol == HttpProtocol.Http11)
        {
            // On another connection a balancer may choose another node.
            headers.Connection = "close";
        }

        byte[] body =
        [
            .. SseFormat.Retry(Math.Max(refusal.RetryMs, RetryMs())),
            .. SseFormat.Plain.Encode(Event.Closing(refusal.Reason, reconnect: true)),
            .. SseFormat.Plain.LastEvent,
        ];
        headers.ContentLength = body.Length;
        metrics.ConnectionRefused(Transport, refusal.Reason);
        return context.Response.Body.WriteAsync(body).AsTask();
    }

    /// <summary>After how long this client should come back.</summary>
    private int RetryMs() => (options.RetryMs / 2) + Random.Shared.Next(options.RetryMs + 1);

    private Task RefuseToken(HttpContext context, string reason) =>
        Refuse(context, StatusCodes.Status401Unauthorized, reason, "event: unauthorized\n\n");

    private Task Refuse(HttpContext context, int status, string reason, string body)
    {
        metrics.ConnectionRefused(Transport, reason);
        context.Response.StatusCode = status;
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body)).AsTask();
    }
}
