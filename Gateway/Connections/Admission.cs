using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace RigKafka.Connections;

/// <summary>Whether this node takes one more connection: it has a most it holds, and a most it lets in per second, from everywhere and from one address.</summary>
/// <param name="options">The limits.</param>
/// <param name="registry">The connections that there are.</param>
/// <param name="tcpConnections">How many TCP connections clients may have.</param>
internal sealed class Admission(ConnectionOptions options, ConnectionRegistry registry, int tcpConnections) : IDisposable
{
    /// <summary>The node holds as many connections as it may.</summary>
    public const string TooMany = "max_connections";

    /// <summary>Too many came within a second.</summary>
    public const string TooFast = "connect_rate";

    /// <summary>Too many came from one address within a second.</summary>
    public const string AddressTooFast = "address_rate";

    /// <summary>The part of an IPv6 address that one customer of a provider has in common (RFC 6177), in bytes.</summary>
    private const int NetworkBytes = 8;

    private readonly int _most = options.MaxConnections > 0 ? options.MaxConnections : Math.Max(1, (int)(tcpConnections * 0.9));
    private readonly TokenBucketRateLimiter? _rate = options.ConnectsPerSecond == 0 ? null : new TokenBucketRateLimiter(PerSecond(options.ConnectsPerSecond));

    // It forgets an address whose bucket is full again.
    private readonly PartitionedRateLimiter<IPAddress>? _rates = options.ConnectsPerSecondPerAddress == 0
        ? null
        : PartitionedRateLimiter.Create<IPAddress, IPAddress>(address => RateLimitPartition.GetTokenBucketLimiter(Origin(address), _ => PerSecond(options.ConnectsPerSecondPerAddress)));

    /// <summary>Null to let a connection in, else which limit it would exceed.</summary>
    /// <param name="address">Where the client is, as far as that is known.</param>
    public string? Refuse(IPAddress? address)
    {
        if (registry.Open >= _most)
        {
            return TooMany;
        }

        // First, so that one address cannot use up what is there for all.
        if (_rates is not null && address is not null && !_rates.AttemptAcquire(address).IsAcquired)
        {
            return AddressTooFast;
        }

        return _rate is null || _rate.AttemptAcquire().IsAcquired ? null : TooFast;
    }

    public void Dispose()
    {
        _rate?.Dispose();
        _rates?.Dispose();
    }

    private static TokenBucketRateLimiterOptions PerSecond(int connects) => new()
    {
        TokenLimit = connects,
        TokensPerPeriod = connects,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    };

    /// <summary>What counts as one address: IPv4 however it is written, and an IPv6 network.</summary>
    private static IPAddress Origin(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new IPAddress(bytes);
    }
}
