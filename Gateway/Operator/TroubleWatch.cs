using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RigKafka.Telemetry;

namespace RigKafka.Operator;

/// <summary>Knows what is wrong at this node, and what went wrong during the last quarter of an hour.</summary>
internal sealed class TroubleWatch
{
    private const long ManyYetToRead = 1_000;
    private const double LateSeconds = 1;
    private const int SoonDays = 14;

    private static readonly Watched[] All =
    [
        new("rig.log.gaps", Trouble.Bad, "Gaps in the log, where clients may have missed messages"),
        new("rig.messages.published", Trouble.Bad, "Messages of publishers that were not stored, or of which nobody knows", "outcome", "not_stored", "unknown"),
        new("rig.messages.poison", Trouble.Warning, "Records skipped, since they hold no valid message"),
        new("rig.table.skipped", Trouble.Warning, "Records of tables skipped, since they hold no valid entry"),
        new("rig.resumes.gaps", Trouble.Warning, "Clients that came back and were told that they may have missed something"),
        new("rig.connections.closed", Trouble.Warning, "Connections closed, since their clients read too slowly", "reason", "slow_consumer"),
        new("rig.connections.refused", Trouble.Bad, "Clients turned away, since JWT_JWKS_URL has given no keys to check tokens with", "reason", "keys_unavailable"),
        new("rig.connections.refused", Trouble.Warning, "Clients turned away by a limit", "reason", "max_connections", "connect_rate", "address_rate", "user_connections"),
        new("rig.connections.refused", Trouble.Warning, "Clients turned away, since this node had not read its tables or the log", "reason", "blacklist_unread", "log_unread"),
        new("rig.tcp.reset", Trouble.Warning, "TCP connections reset, since all that this node has files for were taken"),
        new("rig.proxy.failed", Trouble.Warning, "Proxied calls that failed at the service", "reason", "upstream_down", "upstream_slow", "broken_off"),
        new("rig.request_log.dropped", Trouble.Warning, "Entries of the request log that could not be written"),
    ];

    private readonly LiveMetrics _metrics;
    private readonly LoadHistory _load;
    private readonly Lock _lock = new();
    private readonly Queue<double[]> _past = new(LoadHistory.Most);

    public TroubleWatch(LiveMetrics metrics, LoadHistory load)
    {
        (_metrics, _load) = (metrics, load);
        load.Looked += Remember;
    }

    /// <summary>The troubles of now, the worst first.</summary>
    public IEnumerable<Trouble> Of(HealthReport report)
    {
        var states = report.Entries.Values.Where(check => check.Status != HealthStatus.Healthy)
            .Select(check => new Trouble(Trouble.Bad, check.Description ?? "not ready", check.Status == HealthStatus.Degraded ? "rig_log_degraded" : "rig_ready"));
        return states.Concat(OfLoad()).Concat(OfCounters()).OrderBy(trouble => trouble.Severity == Trouble.Bad ? 0 : 1);
    }

    private void Remember()
    {
        var totals = Array.ConvertAll(All, Total);
        lock (_lock)
        {
            if (_past.Count == LoadHistory.Most)
            {
                _past.Dequeue();
            }

            _past.Enqueue(totals);
        }
    }

    private IEnumerable<Trouble> OfLoad()
    {
        if (_load.Latest is not { } now)
        {
            yield break;
        }

        if (now.Lag > ManyYetToRead)
        {
            yield return new Trouble(Trouble.Warning, $"Records that this node has yet to read: {now.Lag}", "rig_log_lag");
        }

        var certificateEnds = (long)_metrics.Total("rig.tls.certificate.not_after");
        var left = certificateEnds - (now.Time / 1000);
        if (certificateEnds > 0 && left < SoonDays * 86_400)
        {
            var at = DateTimeOffset.FromUnixTimeSeconds(certificateEnds);
            yield return left > 0
                ? new Trouble(Trouble.Warning, $"The certificate is good until {at:u} only", "rig_tls_certificate_not_after_seconds")
                : new Trouble(Trouble.Bad, $"The certificate expired at {at:u}: no client trusts it", "rig_tls_certificate_not_after_seconds");
        }

        if (now.P99 > LateSeconds)
        {
            yield return new Trouble(Trouble.Warning, string.Create(CultureInfo.InvariantCulture, $"Messages are delivered late: p99 {now.P99:0.0} s"), "rig_delivery_duration_seconds");
        }
    }

    private IEnumerable<Trouble> OfCounters()
    {
        double[]? first;
        lock (_lock)
        {
            first = _past.TryPeek(out var oldest) ? oldest : null;
        }

        for (var i = 0; first is not null && i < All.Length; i++)
        {
            if (Total(All[i]) - first[i] is > 0 and var more)
            {
                yield return new Trouble(All[i].Severity, $"{All[i].Words}: {more:0} within the last 15 minutes", PrometheusName(All[i].Metric));
            }
        }
    }

    private double Total(Watched watched) => watched.Tag is null
        ? _metrics.Total(watched.Metric)
        : _metrics.By(watched.Metric, watched.Tag).Where(pair => watched.Values.Contains(pair.Key)).Sum(pair => pair.Value);

    private string PrometheusName(string name) => _metrics.All.First(metric => metric.Name == name).PrometheusName;

    /// <summary>A counter that counts troubles.</summary>
    /// <param name="Metric">Its name.</param>
    /// <param name="Severity">How bad one is.</param>
    /// <param name="Words">What is counted, in words.</param>
    /// <param name="Tag">The tag that tells which are troubles; null for all.</param>
    /// <param name="Values">The values of that tag that are.</param>
    private sealed record Watched(string Metric, string Severity, string Words, string? Tag = null, params string[] Values);
}
