using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using RigKafka.Connections;
using RigKafka.Direct;

namespace RigKafka.Transports;

/// <summary>The wire of a request that stays: the socket itself where nothing lies in between, else the server's pipe.</summary>
internal static class ClientWire
{
    /// <param name="context">The request.</param>
    /// <param name="upgraded">What it was upgraded to; null for its response.</param>
    public static Wire Of(HttpContext context, Stream? upgraded = null)
    {
        if (!context.Request.IsHttps && context.Request.Protocol == HttpProtocol.Http11)
        {
            if (context.Features.Get<DirectConnection>() is { } connection)
            {
                return connection.OpenWire();
            }

            if (SocketWire.IsSupported && context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
            {
                return new SocketWire(socket, context.Abort);
            }
        }

        var pipe = upgraded is null
            ? context.Response.BodyWriter
            : PipeWriter.Create(upgraded, new StreamPipeWriterOptions(leaveOpen: true));
        return new PipeWire(pipe, context.Abort);
    }
}
