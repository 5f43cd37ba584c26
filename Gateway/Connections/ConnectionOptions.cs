using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Connections;

/// <summary>How connections are kept.</summary>
internal sealed class ConnectionOptions
{
    [ConfigurationKeyName("OUTBOX_MAX_BYTES"), Range(65_536, 1 << 30)]
    [Description("How many bytes may wait for one connection; each frame counts 48 bytes more. A client that falls behind by more is "
        + "closed as slow_consumer. It must be at least 64 KB more than MESSAGE_MAX_BYTES, so that every message fits an empty outbox.")]
    public int OutboxMaxBytes { get; set; } = 1 << 20;

    [ConfigurationKeyName("HEARTBEAT_INTERVAL_MS"), Range(100, 3_600_000)]
    [Description("Time from one heartbeat of a stream to the next, in milliseconds; other traffic does not postpone it.")]
    public int HeartbeatIntervalMs { get; set; } = 10_000;

    [ConfigurationKeyName("MAX_CONNECTIONS"), Range(0, 10_000_000)]
    [Description("How many connections this node holds; one more is turned away (503 with Retry-After; an EventSource by a stream that "
        + "ends at once). 0 means nine tenths of MAX_TCP_CONNECTIONS. Over HTTP/2 and by long polling several may share one TCP "
        + "connection.")]
    public int MaxConnections { get; set; }

    [ConfigurationKeyName("CONNECTS_PER_SECOND"), Range(0, 1_000_000)]
    [Description("How many connections this node lets in per second, after a burst of as many; one more is turned away (503 with "
        + "Retry-After; an EventSource by a stream that ends at once). 0 means no such limit.")]
    public int ConnectsPerSecond { get; set; }

    [ConfigurationKeyName("MAX_CONNECTIONS_PER_USER"), Range(0, 1_000_000)]
    [Description("How many connections one user may have on this node; one more is turned away (429 with Retry-After; an EventSource "
        + "by a stream that ends at once). A client that vanished counts until it is noticed, see TCP_USER_TIMEOUT_MS. 0 means no such "
        + "limit.")]
    public int MaxConnectionsPerUser { get; set; }

    [ConfigurationKeyName("CONNECTS_PER_SECOND_PER_ADDRESS"), Range(0, 1_000_000)]
    [Description("How many connections per second this node lets in from one address (an IPv6 network of 64 bits counts as one), after "
        + "a burst of as many; one more is turned away (429 with Retry-After; an EventSource by a stream that ends at once). Behind a "
        + "proxy, TRUSTED_PROXIES has to name it. 0 means no such limit.")]
    public int ConnectsPerSecondPerAddress { get; set; }

    [ConfigurationKeyName("CONNECTION_MAX_AGE_SECONDS"), Range(0, 31_536_000)]
    [Description("How long a connection may be open, in seconds; each ends at a moment of its own between half of that and all of it (max_age), "
        + "and its client comes back, to another node where a balancer sends it there. So a new node fills up. 0 means no such limit.")]
    public int MaxAgeSeconds { get; set; }

    [ConfigurationKeyName("DELIVERY_LOOPS"), Range(0, 256)]
    [Description("How many delivery loops share the connections; 0 means one for each processor.")]
    public int DeliveryLoops { get; set; }

    /// <summary>How long one connection may be open, in milliseconds, null for ever: another time for each, so that those that came together end apart.</summary>
    public long? NextMaxAge() => MaxAgeSeconds == 0 ? null : MaxAgeSeconds * (500 + Random.Shared.NextInt64(501));

    /// <summary>What an outbox must hold beyond the largest message: the frame around it and its id.</summary>
    public const int FrameAllowance = 65_536;
}
