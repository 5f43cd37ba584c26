using System.Globalization;
using System.Text;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Http;
using RigKafka.Listeners;
using RigKafka.Presence;
using RigKafka.Telemetry;

namespace RigKafka.Transports;

/// <summary>
/// <c>/socket/longpoll</c>: Phoenix channels for clients that can use neither of the others. Every answer is HTTP 200 with the real status
/// in its JSON. The first request brings a JWT and gets a session's token, which takes the JWT's place in the parameter <c>token</c>.
/// </summary>
internal sealed class LongPollEndpoint(
    Entrance entrance, LongPollSessions sessions, ChannelServices channels, OriginOptions origins, GatewayMetrics metrics)
{
    public const string Path = Branches.Sockets + "/longpoll";

    public const string Transport = "longpoll";
    private const string HeaderOfNewerClients = "X-Phoenix-AuthToken";

    /// <summary>
    /// A fresh session. Only for a client that has none: one that has a session would go on with it, and never join again.
    /// </summary>
    private const int Fresh = 410;

    /// <summary>What makes every version of the client open a new session and join again.</summary>
    private const int ComeAgain = 500;

    /// <summary>
    /// How long a client whose session has ended waits to be told. Client 1.8 hands the frames of a poll on by timers, and cancels them
    /// when the next poll fails first: answered at once it would never hear why.
    /// </summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    public Task Handle(HttpContext context)
    {
        Cors.Allow(context, origins);
        return context.Request.Method switch
        {
            "OPTIONS" => Cors.AnswerPreflight(context),
            "GET" => Get(context),
            "POST" => Post(context),
            _ => Refuse(context),
        };
    }

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return Task.CompletedTask;
    }

    private async Task Get(HttpContext context)
    {
        if (SessionToken(context.Request) is not { } token)
        {
            await Open(context);
        }
        else if (sessions.Find(token) is { } session)
        {
            await Poll(context, session);
        }
        else
        {
            await AnswerEnded(context);
        }
    }

    private async Task Open(HttpContext context)
    {
        var codec = ChannelCodec.Of(context.Request.Query);
        var entered = codec is null
            ? EntryRefusal.ForToken(EntryRefusalWords.BadVersion)
            : await entrance.Enter(context, Jwt(context.Request));
        if (entered.Identity is not { } identity)
        {
            metrics.ConnectionRefused(Transport, entered.Refusal!.Reason);
            // The clients stop for good at a status that they do not know, such as 503.
            await Answer(context, entered.Refusal.IsForToken ? StatusCodes.Status403Forbidden : ComeAgain);
            return;
        }

        var wire = new LongPollWire();
        var format = LongPollWire.Format(codec!);
        var connection = entrance.Open(wire, format, Transport, identity);
        connection.Start();
        _ = connection.Closed.ContinueWith(_ => Leave(), TaskScheduler.Default);
        var socket = new ChannelSocket(Visitor.Of(context, identity), connection, format, channels);
        var session = sessions.Open(connection, wire, socket, new ClientPace(channels.Options, channels.Time));
        await Answer(context, Fresh, session.Token);

        void Leave()
        {
            entrance.Leave(identity.User);
            // A poll that has found the session just before would wait for nothing.
            wire.Abort();
        }
    }

    private async Task Poll(HttpContext context, LongPollSession session)
    {
        var frames = await sessions.Poll(session, context.RequestAborted);
        if (context.RequestAborted.IsCancellationRequested && frames.Length > 0)
        {
            // Taken for a client that is no longer there: it must notice, and join again.
            session.Connection.Close(CloseReason.ClientGone);
            return;
        }

        if (frames.Length == 0 && session.Connection.Closed.IsCompleted)
        {
            await AnswerEnded(context);
            return;
        }

        try
        {
            await Answer(context, frames.Length == 0 ? StatusCodes.Status204NoContent : StatusCodes.Status200OK, session.Token, frames);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            session.Connection.Close(CloseReason.ClientGone);
        }
    }

    private async Task Post(HttpContext context)
    {
        if (SessionToken(context.Request) is not { } token)
        {
            await Answer(context, Fresh);
            return;
        }

        if (sessions.Find(token) is not { } session)
        {
            await AnswerEnded(context);
            return;
        }

        var codec = ChannelCodec.Of(context.Request.Query) ?? ChannelCodec.V1;
        var mistake = await RequestBody.ReadAsSent(context.Request, channels.Options.MessageMaxBytes) is { } body
            ? await session.Handle(codec, body, context.RequestAborted)
            : CloseReason.TooBig;
        if (mistake is not null)
        {
            session.Connection.Close(mistake);
            await AnswerEnded(context);
            return;
        }

        // Also for a join that was denied: the reply says so, while the clients take any other status for a broken session.
        await Answer(context, StatusCodes.Status200OK);
    }

    /// <summary>The last parameter <c>token</c> that is one of ours; stock clients send the JWT before it.</summary>
    private static string? SessionToken(HttpRequest request) =>
        request.Query["token"].LastOrDefault(token => token?.StartsWith(LongPollSessions.TokenPrefix, StringComparison.Ordinal) ?? false);

    private static string? Jwt(HttpRequest request) =>
        request.Headers[HeaderOfNewerClients] is [{ Length: > 0 } token] ? token : BearerToken.Find(request);

    private async Task AnswerEnded(HttpContext context)
    {
        if (context.Request.Protocol == HttpProtocol.Http11)
        {
            // Requests that wait on the same connection would each hold it for as long, and nobody has shown a token.
            context.Response.Headers.Connection = "close";
        }

        await Task.Delay(Breath, channels.Time);
        await Answer(context, ComeAgain);
    }

    private static Task Answer(HttpContext context, int status, string? token = null, byte[]? frames = null)
    {
        var answer = new StringBuilder("{");
        if (token is not null)
        {
            answer.Append(CultureInfo.InvariantCulture, $"\"token\":\"{token}\",");
        }

        answer.Append(CultureInfo.InvariantCulture, $"\"status\":{status}");
        if (frames is not null)
        {
            // Each frame comes after a comma, the first one too.
            answer.Append(",\"messages\":[").Append(Encoding.UTF8.GetString(frames.AsSpan(Math.Min(1, frames.Length)))).Append(']');
        }

        var body = Encoding.UTF8.GetBytes(answer.Append('}').ToString());
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body).AsTask();
    }
}
