using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace RigKafka.Http;

/// <summary>Hands the limits to the server.</summary>
internal sealed class HttpLimits(HttpLimitOptions options)
{
    private readonly MinDataRate? _rate = Rate(options);

    public static void Set(KestrelServerLimits limits, HttpLimitOptions options)
    {
        limits.MaxRequestLineSize = options.RequestLineMaxBytes;
        limits.MaxRequestHeadersTotalSize = options.HeadersMaxBytes;
        limits.MaxRequestHeaderCount = options.HeadersMaxCount;
        limits.RequestHeadersTimeout = TimeSpan.FromMilliseconds(options.HeadersTimeoutMs);
        limits.KeepAliveTimeout = TimeSpan.FromMilliseconds(options.KeepAliveTimeoutMs);
        limits.MinRequestBodyDataRate = Rate(options);
        // On HTTP/2 the server would measure streams too, for one cannot be taken out, and break off all that share the connection with a
        // stream that pauses. What is no stream gets its rate below.
        limits.MinResponseDataRate = null;
        limits.Http2.MaxStreamsPerConnection = options.Http2MaxStreams;
        // The path, with a token in its query string, is a header there.
        limits.Http2.MaxRequestHeaderFieldSize = Math.Max(options.RequestLineMaxBytes, options.HeadersMaxBytes);
        limits.Http2.KeepAlivePingDelay = options.Http2PingDelayMs > 0
            ? TimeSpan.FromMilliseconds(Math.Max(1000, options.Http2PingDelayMs))
            : Timeout.InfiniteTimeSpan;
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromMilliseconds(options.Http2PingTimeoutMs);
    }

    /// <summary>Has a response's reader measured, where the server can measure a single one: on HTTP/1. A stream takes it back.</summary>
    public void SetResponseRate(HttpContext context)
    {
        if (_rate is not null && context.Features.Get<IHttpMinResponseDataRateFeature>() is { } feature)
        {
            feature.MinDataRate = _rate;
        }
    }

    private static MinDataRate? Rate(HttpLimitOptions options)
        => options.MinBytesPerSecond > 0
            ? new MinDataRate(options.MinBytesPerSecond, TimeSpan.FromMilliseconds(options.MinRateGraceMs))
            : null;
}
