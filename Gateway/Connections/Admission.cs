using System.Globalization;
using System.Threading.RateLimiting;

namespace RigKafka.Connections;

/// <summary>Whether this node takes one more connection: it has a most it holds, and a most it lets in per second.</summary>
internal sealed class Admission(ConnectionOptions options, ConnectionRegistry registry) : IDisposable
{
    /// <summary>The node holds as many connections as it may.</summary>
    public const string TooMany = "max_connections";

    /// <summary>Too many came within a second.</summary>
    public const string TooFast = "connect_rate";

    private readonly int _most = options.MaxConnections > 0 ? options.MaxConnections : MostFiles() / 10 * 9;
    private readonly TokenBucketRateLimiter? _rate = options.ConnectsPerSecond == 0 ? null : new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
    {
        TokenLimit = options.ConnectsPerSecond,
        TokensPerPeriod = options.ConnectsPerSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    });

    /// <summary>Null to let a connection in, else which limit it would exceed.</summary>
    public string? Refuse()
    {
        if (registry.Open >= _most)
        {
            return TooMany;
        }

        return _rate is null || _rate.AttemptAcquire().IsAcquired ? null : TooFast;
    }

    public void Dispose() => _rate?.Dispose();

    /// <summary>The soft limit on open files; the runtime has raised it to the hard one by now.</summary>
    private static int MostFiles()
    {
        const string Limits = "/proc/self/limits";
        const string Files = "Max open files";
        if (!File.Exists(Limits))
        {
            return int.MaxValue;
        }

        var line = File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith(Files, StringComparison.Ordinal));
        var soft = line?[Files.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, CultureInfo.InvariantCulture, out var files) ? files : int.MaxValue;
    }
}
