using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.WebSockets;
using Microsoft.Extensions.Options;
using RigKafka.Auth;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Direct;
using RigKafka.Http;
using RigKafka.Listeners;
using RigKafka.Presence;
using RigKafka.Telemetry;

namespace RigKafka.Transports;

/// <summary>
/// <c>GET /socket/websocket</c>: Phoenix channels over WebSocket. Clients see what the original showed, see docs/reference/wire.md.
/// </summary>
internal sealed partial class WebSocketEndpoint
{
    public const string Path = Branches.Sockets + "/websocket";

    public const string Transport = "websocket";

    /// <summary>How long a client may take to answer the server's close frame.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly Entrance _entrance;
    private readonly ChannelServices _channels;
    private readonly OriginOptions _origins;
    private readonly GatewayMetrics _metrics;
    private readonly WebSocketMiddleware _handshake;
    private readonly ILogger _logger;

    public WebSocketEndpoint(
        Entrance entrance, ChannelServices channels, OriginOptions origins, GatewayMetrics metrics, ILoggerFactory loggers)
    {
        (_entrance, _channels, _origins, _metrics) = (entrance, channels, origins, metrics);
        _logger = loggers.CreateLogger<WebSocketEndpoint>();
        // The wheel of heartbeats sends the pings.
        _handshake = new WebSocketMiddleware(Accept, Options.Create(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero }), loggers);
    }

    public async Task Handle(HttpContext context)
    {
        if (!_origins.IsAllowed(context.Request.Headers.Origin))
        {
            Refuse(context, StatusCodes.Status403Forbidden, EntryRefusalWords.Origin);
            return;
        }

        var entered = await _entrance.Enter(context, WebSocketToken.Find(context));
        if (entered.Identity is not { } identity)
        {
            entered.Refusal!.Answer(context);
            Refuse(context, entered.Refusal.IsForToken ? StatusCodes.Status403Forbidden : entered.Refusal.Status, entered.Refusal.Reason);
            return;
        }

        var isOver = true;
        try
        {
            isOver = await Upgrade(context, identity);
        }
        finally
        {
            if (isOver)
            {
                _entrance.Leave(identity.User);
            }
        }
    }

    /// <summary>False when the socket goes on without the request.</summary>
    private async Task<bool> Upgrade(HttpContext context, Identity identity)
    {
        if (ChannelCodec.Of(context.Request.Query) is not { } codec)
        {
            Refuse(context, StatusCodes.Status403Forbidden, EntryRefusalWords.BadVersion);
            return true;
        }

        var upgrade = new WebSocketUpgrade(context, _entrance, WebSocketFrame.Format(codec), identity);
        context.Features.Set<IHttpUpgradeFeature>(upgrade);
        context.Features.Set<IHttpExtendedConnectFeature>(upgrade);
        context.Features.Set(upgrade);
        await _handshake.Invoke(context);
        return !upgrade.IsTakenOver;
    }

    private async Task Accept(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            Refuse(context, StatusCodes.Status400BadRequest, EntryRefusalWords.BadRequest);
            return;
        }

        context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true;
        // Else the server would break off a reader that pauses before its outbox is full.
        context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        await context.WebSockets.AcceptWebSocketAsync(WebSocketToken.SelectProtocol(context));
        var upgrade = context.Features.GetRequiredFeature<WebSocketUpgrade>();
        // The token in it may be the largest part of what a socket holds.
        context.Request.Query = QueryCollection.Empty;
        var visitor = Visitor.Of(context, upgrade.Identity);
        if (!upgrade.IsTakenOver)
        {
            await Run(visitor, upgrade.Connection!, upgrade.Incoming!, isAlone: false);
            return;
        }

        // It would keep what belongs to the request.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Run(visitor, upgrade.Connection!, upgrade.Incoming!, isAlone: true);
        }
    }

    /// <summary>Listens to the client until it is done. Without its request (<paramref name="isAlone"/>) to the very end.</summary>
    private async Task Run(Visitor visitor, Connection connection, PipeReader incoming, bool isAlone)
    {
        try
        {
            var format = (ChannelFormat)connection.Format;
            var channels = new ChannelSocket(visitor, connection, format, _channels);
            var reading = new WebSocketReader(incoming, connection, format.Codec, _channels.Options, _channels.Time).Read(channels.Handle);
            await connection.Closed;
            await connection.Wire.Idle.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAny(reading, Task.Delay(CloseTimeout, _channels.Time));
            if (!reading.IsCompleted)
            {
                connection.Wire.Abort();
            }

            await reading;
        }
        catch (Exception exception) when (isAlone)
        {
            // Nobody waits for this who could say so, as the server does for a request.
            LogFailed(exception);
        }
        finally
        {
            incoming.Complete();
            if (isAlone)
            {
                ((DirectWire)connection.Wire).Close();
                _entrance.Leave(connection.Holder!.User);
            }
        }
    }

    private void Refuse(HttpContext context, int status, string reason)
    {
        _metrics.ConnectionRefused(Transport, reason);
        context.Response.StatusCode = status;
    }

    [LoggerMessage(1600, LogLevel.Error, "A WebSocket failed and was closed. The others go on.", EventName = "WebSocketFailed")]
    private partial void LogFailed(Exception exception);
}
