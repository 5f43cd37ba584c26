using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using RigKafka.Auth;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Telemetry;

namespace RigKafka.Transports;

/// <summary><c>GET /socket/sse</c>: a stream of Server-Sent Events. What a client notices is the original's, see docs/reference/wire.md.</summary>
internal sealed class SseEndpoint(
    TokenGate tokens, JoinPolicy policy, Admission admission, UserConnections users, FanOut fanOut, ConnectionRegistry registry, SseOptions options, GatewayMetrics metrics, IHostApplicationLifetime lifetime)
{
    public const string Path = "/socket/sse";

    /// <summary>The node does not know yet who may not listen.</summary>
    public const string BlacklistUnread = "blacklist_unread";

    private const string Transport = "sse";

    private const string BadRequest =
        """
        Bad request. Make sure you supply the right parameters, and that you're authorized to access the user's channel.

        Example: ?users[]=some.user&users[]=other.user&roles[]=support&token=my-jwt

        """;

    public Task Handle(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        return context.Request.Method switch
        {
            "OPTIONS" => AnswerPreflight(context),
            "GET" => Open(context),
            _ => Refuse(context, StatusCodes.Status400BadRequest, "bad_request", BadRequest),
        };
    }

    private static Task AnswerPreflight(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowHeaders = string.Join(", ", context.Request.Headers.AccessControlRequestHeaders.AsEnumerable());
        headers.AccessControlAllowMethods = "get, post, options";
        headers.AccessControlMaxAge = "3600";
        return Task.CompletedTask;
    }

    private async Task Open(HttpContext context)
    {
        if (BearerToken.Find(context.Request) is not { } token)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, "bad_request", BadRequest);
            return;
        }

        var topics = SseRequest.Topics(context.Request.Query);
        if (topics.Count == 0)
        {
            await Refuse(context, StatusCodes.Status404NotFound, "no_channels", "no channels selected\n");
            return;
        }

        if (options.VsnCheck && !SseRequest.IsVersion1(context.Request.Query))
        {
            await RefuseToken(context, "bad_vsn");
            return;
        }

        if (admission.Refuse(context.Connection.RemoteIpAddress) is { } limit)
        {
            await (limit == Admission.AddressTooFast
                ? RefuseForNow(context, limit, "Too many connections from this address; try again after the time in Retry-After.\n", StatusCodes.Status429TooManyRequests)
                : RefuseForNow(context, limit, "This node takes no more connections now; try again after the time in Retry-After.\n"));
            return;
        }

        if (!tokens.IsOpen)
        {
            await RefuseForNow(context, BlacklistUnread, "This node does not know yet who may not listen; try again after the time in Retry-After.\n");
            return;
        }

        var verdict = await tokens.Verify(token);
        if (!verdict.Accepted)
        {
            await (verdict.Refusal == TokenRefusal.KeysUnavailable
                ? RefuseForNow(context, verdict.Refusal.Value.Word(), "Tokens cannot be checked now; try again after the time in Retry-After.\n")
                : RefuseToken(context, verdict.Refusal.Value.Word()));
            return;
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await RefuseForNow(context, CloseReason.Shutdown.Name, "This node is being stopped; try again, another one will answer.\n");
            return;
        }

        var user = verdict.Identity.User;
        if (!users.TryEnter(user))
        {
            await RefuseForNow(context, UserConnections.TooMany, "Too many connections of this user; try again after the time in Retry-After.\n", StatusCodes.Status429TooManyRequests);
            return;
        }

        try
        {
            await Stream(context, topics, verdict.Identity);
        }
        finally
        {
            users.Leave(user);
        }
    }

    private async Task Stream(HttpContext context, List<string> topics, Identity identity)
    {
        var (wire, format) = Wire(context);
        var connection = registry.Add(wire, format, Transport, identity.ToHolder());
        if (tokens.IsBlacklisted(identity))
        {
            connection.Close(CloseReason.TokenBlacklisted);
            await connection.Closed;
            await RefuseToken(context, TokenRefusal.Blacklisted.Word());
            return;
        }

        PrepareResponse(context);
        await using var gone = context.RequestAborted.UnsafeRegister(static state => ((Connection)state!).Close(CloseReason.ClientGone), connection);
        try
        {
            var decisions = topics.ConvertAll(topic => policy.Decide(identity, topic));
            var allowed = decisions.TrueForAll(decision => decision.Allowed);
            var id = fanOut.Join(connection, allowed ? topics : []);
            await context.Response.BodyWriter.WriteAsync(Prelude(context, topics, decisions, id));
            connection.Start();
            if (!allowed)
            {
                connection.Close(CloseReason.JoinDenied);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            connection.Close(CloseReason.ClientGone);
        }

        if (await connection.Closed is { DropsOutbox: true } reason && connection.IsHeld && !context.RequestAborted.IsCancellationRequested)
        {
            // It was ended before its loop could write anything, the last words included.
            await context.Response.BodyWriter.WriteAsync(SseFormat.Plain.Closing(reason));
        }
    }

    /// <summary>What comes before the first live event: how to come back, a gap if one was asked to be closed, and a reply for each channel up to the first that is denied.</summary>
    private byte[] Prelude(HttpContext context, List<string> topics, List<JoinDecision> decisions, byte[] id)
    {
        var prelude = new List<byte>(512);
        var retry = (options.RetryMs / 2) + Random.Shared.Next(options.RetryMs + 1);
        prelude.AddRange(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {retry}\n\n")));
        if (SseRequest.WantsResume(context.Request))
        {
            prelude.AddRange(SseFormat.Write(default, EventNames.Gap, Gap.Payload(Gap.ResumeUnsupported)));
        }

        foreach (var (topic, decision) in topics.Zip(decisions))
        {
            prelude.AddRange(SseFormat.Write(decision.Allowed ? id : default, ChannelReply.EventName, ChannelReply.Envelope(topic, decision.Allowed, decision.Response)));
            if (!decision.Allowed)
            {
                break;
            }
        }

        return [.. prelude];
    }

    private static void PrepareResponse(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentType = "text/event-stream";
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

    /// <summary>The socket itself where nothing lies in between, else the server's pipe.</summary>
    private static (Wire Wire, WireFormat Format) Wire(HttpContext context)
    {
        var socket = SocketWire.IsSupported && !context.Request.IsHttps && context.Request.Protocol == HttpProtocol.Http11
            ? context.Features.Get<IConnectionSocketFeature>()?.Socket
            : null;
        return socket is null
            ? (new PipeWire(context.Response.BodyWriter, context.Abort), SseFormat.Plain)
            : (new SocketWire(socket, context.Abort), SseFormat.Chunked);
    }

    private Task RefuseForNow(HttpContext context, string reason, string body, int status = StatusCodes.Status503ServiceUnavailable)
    {
        // Those who are turned away together should not come back together.
        context.Response.Headers.RetryAfter = Random.Shared.Next(1, 6).ToString(CultureInfo.InvariantCulture);
        return Refuse(context, status, reason, body);
    }

    private Task RefuseToken(HttpContext context, string reason) => Refuse(context, StatusCodes.Status401Unauthorized, reason, "event: unauthorized\n\n");

    private Task Refuse(HttpContext context, int status, string reason, string body)
    {
        metrics.ConnectionRefused(Transport, reason);
        context.Response.StatusCode = status;
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body)).AsTask();
    }
}
