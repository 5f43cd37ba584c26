using System.Net;
using System.Runtime.InteropServices;
using System.Threading.RateLimiting;
using RigKafka.Connections;
using RigKafka.Http;

namespace RigKafka.Transports;

/// <summary>
/// Whether this node takes one more connection. It limits how many it holds, in all and of one user, and how many it lets in per second,
/// from everywhere and from one address.
/// </summary>
/// <param name="options">The limits.</param>
/// <param name="registry">The connections that there are.</param>
/// <param name="tcpConnections">How many TCP connections clients may have.</param>
internal sealed class Admission(ConnectionOptions options, ConnectionRegistry registry, int tcpConnections) : IDisposable
{
    private readonly TokenBucketRateLimiter? _rate =
        options.ConnectsPerSecond == 0 ? null : new TokenBucketRateLimiter(PerSecond(options.ConnectsPerSecond));

    // It forgets an address whose bucket is full again.
    private readonly PartitionedRateLimiter<IPAddress>? _rates = options.ConnectsPerSecondPerAddress == 0
        ? null
        : PartitionedRateLimiter.Create<IPAddress, IPAddress>(
            address => RateLimitPartition.GetTokenBucketLimiter(
                address.ClientNetwork(), _ => PerSecond(options.ConnectsPerSecondPerAddress)));

    private readonly Dictionary<string, int> _ofUsers = [];
    private readonly Lock _gate = new();

    /// <summary>How many connections this node holds at most.</summary>
    public int Most { get; } = options.MaxConnections > 0 ? options.MaxConnections : Math.Max(1, (int)(tcpConnections * 0.9));

    /// <summary>Null to let a connection in, else which limit it would exceed.</summary>
    /// <param name="address">Where the client is, as far as that is known.</param>
    public EntryRefusal? Refuse(IPAddress? address)
    {
        if (registry.Open >= Most)
        {
            return Busy(EntryRefusalWords.MaxConnections);
        }

        // First, so that one address cannot use up what is there for all.
        if (_rates is not null && address is not null && !_rates.AttemptAcquire(address).IsAcquired)
        {
            return EntryRefusal.ForTooMuch(EntryRefusalWords.AddressRate, "Too many connections from this address within a second.");
        }

        return _rate is null || _rate.AttemptAcquire().IsAcquired ? null : Busy(EntryRefusalWords.ConnectRate);
    }

    /// <summary>
    /// Counts one more connection of a user, which then must <see cref="Leave"/>. False, and not counted, when it is one too many. A user
    /// without a name is not counted: nothing is open to it.
    /// </summary>
    public bool TryEnter(string? user)
    {
        if (options.MaxConnectionsPerUser == 0 || user is null)
        {
            return true;
        }

        lock (_gate)
        {
            ref var open = ref CollectionsMarshal.GetValueRefOrAddDefault(_ofUsers, user, out _);
            if (open >= options.MaxConnectionsPerUser)
            {
                return false;
            }

            open++;
            return true;
        }
    }

    public void Leave(string? user)
    {
        if (options.MaxConnectionsPerUser == 0 || user is null)
        {
            return;
        }

        lock (_gate)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(_ofUsers, user) == 0)
            {
                _ofUsers.Remove(user);
            }
        }
    }

    public void Dispose()
    {
        _rate?.Dispose();
        _rates?.Dispose();
    }

    private static EntryRefusal Busy(string reason) => EntryRefusal.ForNow(reason, "This node takes no more connections now.");

    private static TokenBucketRateLimiterOptions PerSecond(int connects) => new()
    {
        TokenLimit = connects,
        TokensPerPeriod = connects,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    };
}
