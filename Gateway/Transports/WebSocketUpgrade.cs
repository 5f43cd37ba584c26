using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using RigKafka.Auth;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Direct;

namespace RigKafka.Transports;

/// <summary>
/// Stands between the framework's handshake and the server's: when the handshake has succeeded it opens the connection. The WebSocket that
/// the framework makes of it then is not used.
/// </summary>
internal sealed class WebSocketUpgrade(HttpContext context, Entrance entrance, ChannelFormat format, Identity identity)
    : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private readonly IHttpUpgradeFeature? _upgrade = context.Features.Get<IHttpUpgradeFeature>();
    private readonly IHttpExtendedConnectFeature? _connect = context.Features.Get<IHttpExtendedConnectFeature>();

    public Identity Identity => identity;

    /// <summary>The connection; null before the handshake has succeeded.</summary>
    public Connection? Connection { get; private set; }

    /// <summary>What the client sends; null before the handshake has succeeded.</summary>
    public PipeReader? Incoming { get; private set; }

    /// <summary>Whether the socket goes on without the request.</summary>
    public bool IsTakenOver { get; private set; }

    public bool IsUpgradableRequest => _upgrade?.IsUpgradableRequest ?? false;

    public bool IsExtendedConnect => _connect?.IsExtendedConnect ?? false;

    public string? Protocol => _connect?.Protocol;

    /// <summary>HTTP/1.1 (RFC 6455).</summary>
    public async Task<Stream> UpgradeAsync() => Open(await _upgrade!.UpgradeAsync());

    /// <summary>HTTP/2 (RFC 8441).</summary>
    public async ValueTask<Stream> AcceptAsync() => Open(await _connect!.AcceptAsync());

    private Stream Open(Stream stream)
    {
        var wire = ClientWire.Of(context, stream);
        Connection = entrance.Open(wire, format, WebSocketEndpoint.Transport, identity);
        Connection.Start();
        var taken = (wire as DirectWire)?.TakeOverBoth();
        IsTakenOver = taken is not null;
        // A client that is silent holds no buffer.
        Incoming = taken ?? PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        return stream;
    }
}
