using System.Net;
using System.Threading.RateLimiting;
using RigKafka.Connections;
using RigKafka.Http;

namespace RigKafka.Transports;

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

    private readonly int _most = options.MaxConnections > 0 ? options.MaxConnections : Math.Max(1, (int)(tcpConnections * 0.9));
    private readonly TokenBucketRateLimiter? _rate = options.ConnectsPerSecond == 0 ? null : new TokenBucketRateLimiter(PerSecond(options.ConnectsPerSecond));

    // It forgets an address whose bucket is full again.
    private readonly PartitionedRateLimiter<IPAddress>? _rates = options.ConnectsPerSecondPerAddress == 0
        ? null
        : PartitionedRateLimiter.Create<IPAddress, IPAddress>(address => RateLimitPartition.GetTokenBucketLimiter(address.ClientNetwork(), _ => PerSecond(options.ConnectsPerSecondPerAddress)));

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
}
