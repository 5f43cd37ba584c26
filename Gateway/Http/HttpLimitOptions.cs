using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Http;

/// <summary>
/// How much of a request is taken before anyone looks at it, how long that may take, and what one connection may ask for.
/// </summary>
internal sealed class HttpLimitOptions
{
    [ConfigurationKeyName("HTTP_REQUEST_LINE_MAX_BYTES")]
    [Description("The longest request line, in bytes; a token in a query string has to fit. A longer one is answered with 414.")]
    [Range(1024, 1_048_576)]
    public int RequestLineMaxBytes { get; set; } = 16_384;

    [ConfigurationKeyName("HTTP_HEADERS_MAX_BYTES")]
    [Description("The most that the headers of a request may take together, in bytes. More is answered with 431.")]
    [Range(1024, 1_048_576)]
    public int HeadersMaxBytes { get; set; } = 32_768;

    [ConfigurationKeyName("HTTP_HEADERS_MAX_COUNT")]
    [Description("The most headers that a request may have. More is answered with 431.")]
    [Range(10, 10_000)]
    public int HeadersMaxCount { get; set; } = 100;

    [ConfigurationKeyName("HTTP_HEADERS_TIMEOUT_MS")]
    [Description("How long a client may take to send the headers of a request, in milliseconds.")]
    [Range(1000, 3_600_000)]
    public int HeadersTimeoutMs { get; set; } = 15_000;

    [ConfigurationKeyName("HTTP_KEEP_ALIVE_TIMEOUT_MS")]
    [Description("How long a connection without a request is kept, in milliseconds.")]
    [Range(1000, 3_600_000)]
    public int KeepAliveTimeoutMs { get; set; } = 120_000;

    [ConfigurationKeyName("HTTP_MIN_BYTES_PER_SECOND")]
    [Description("The lowest rate at which a client may send the body of a request and read that of a response, in bytes a second; 0 "
        + "for no limit. A slower request is answered with 408. Streams have no such limit.")]
    [Range(0, 1_048_576)]
    public int MinBytesPerSecond { get; set; } = 240;

    [ConfigurationKeyName("HTTP_MIN_RATE_GRACE_MS")]
    [Description("How long a body may take before the lowest rate counts, in milliseconds.")]
    [Range(1001, 3_600_000)]
    public int MinRateGraceMs { get; set; } = 5_000;

    [ConfigurationKeyName("HTTP2_MAX_STREAMS")]
    [Description("How many requests, streams included, may be open on one HTTP/2 connection. A client waits, or takes another "
        + "connection, for more.")]
    [Range(1, 100_000)]
    public int Http2MaxStreams { get; set; } = 1_000;

    [ConfigurationKeyName("HTTP2_PING_DELAY_MS")]
    [Description("How long an HTTP/2 client may send nothing before the node sends it a ping, in milliseconds; 0 for no pings.")]
    [Range(0, 3_600_000)]
    public int Http2PingDelayMs { get; set; } = 30_000;

    [ConfigurationKeyName("HTTP2_PING_TIMEOUT_MS")]
    [Description("How long the answer to a ping may take before an HTTP/2 connection is closed, in milliseconds.")]
    [Range(1000, 3_600_000)]
    public int Http2PingTimeoutMs { get; set; } = 20_000;
}
