using System.Net;
using System.Threading.RateLimiting;
using RigKafka.Http;

namespace RigKafka.Proxy;

/// <summary>
/// A token bucket for each service, or for each service and client address (of IPv6, network). The library drops buckets that are full
/// again.
/// </summary>
internal sealed class RateLimits : IDisposable
{
    private static readonly TimeSpan Never = TimeSpan.FromDays(36_500);

    private readonly RateLimitOptions _options;
    private readonly PartitionedRateLimiter<RateLimitKey>? _buckets;

    public RateLimits(RateLimitOptions options)
    {
        _options = options;
        if (options.Enabled)
        {
            var bucket = new TokenBucketRateLimiterOptions
            {
                TokenLimit = options.Burst,
                TokensPerPeriod = Math.Max(1, options.AverageRate),
                ReplenishmentPeriod = options.AverageRate > 0 ? TimeSpan.FromSeconds(1) : Never,
                AutoReplenishment = true,
            };
            _buckets = PartitionedRateLimiter.Create<RateLimitKey, RateLimitKey>(
                key => RateLimitPartition.GetTokenBucketLimiter(key, _ => bucket));
        }
    }

    public bool Admits(HttpContext context, string target)
    {
        if (_buckets is null)
        {
            return true;
        }

        var network = _options.PerIp && context.Connection.RemoteIpAddress is { } address ? address.ClientNetwork() : null;
        using var lease = _buckets.AttemptAcquire(new RateLimitKey(target, network));
        return lease.IsAcquired;
    }

    public void Dispose() => _buckets?.Dispose();
}

/// <summary>The calls that are counted together: those to one service, from one address or from all.</summary>
internal readonly record struct RateLimitKey(string Target, IPAddress? Address);
