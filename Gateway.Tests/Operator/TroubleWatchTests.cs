using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Operator;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Operator;

/// <summary>What is wrong is said in words, the worst first, and for a quarter of an hour.</summary>
internal sealed class TroubleWatchTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddHours(1));
    private MetricTotals _totals = null!;
    private LiveMetrics _live = null!;
    private LoadHistory _load = null!;
    private TroubleWatch _watch = null!;

    [SetUp]
    public async Task Start()
    {
        _totals = new MetricTotals(listen: false);
        _live = new LiveMetrics(_totals.Meters);
        _load = new LoadHistory(_live, _time, NullLogger<LoadHistory>.Instance);
        _watch = new TroubleWatch(_live, _load);
        var first = _load.Next;
        await _load.StartAsync(CancellationToken.None).Soon();
        await first.Soon();
        await Look();
    }

    [TearDown]
    public void Dispose()
    {
        _load.Dispose();
        _live.Dispose();
        _totals.Dispose();
    }

    [Test]
    public void NothingWrong_SaysNothing() => Assert.That(_watch.Of(Report()), Is.Empty);

    [Test]
    public async Task WhatIsCounted_IsSaidInWords_WithItsMetric_UntilAQuarterOfAnHourHasPassed()
    {
        _totals.Metrics.PoisonSkipped("invalid_json");
        _totals.Metrics.Published("unknown", 2);
        _totals.Metrics.Published("stored", 7);
        await Look();

        Assert.That(_watch.Of(Report()).Select(trouble => (trouble.Severity, trouble.Text, trouble.Metric)), Is.EqualTo(new[]
        {
            ("bad", "Messages of publishers that were not stored, or of which nobody knows: 2 within the last 15 minutes", "rig_messages_published_total"),
            ("warning", "Records skipped, since they hold no valid message: 1 within the last 15 minutes", "rig_messages_poison_total"),
        }));

        for (var i = 0; i < LoadHistory.Most; i++)
        {
            await Look();
        }

        Assert.That(_watch.Of(Report()), Is.Empty);
    }

    [Test]
    public async Task HealthAndLoad_AreSaidAsLongAsTheyLast()
    {
        var lag = 5_000L;
        _totals.Metrics.ObserveLag(() => [("messages", 0, lag)]);
        _totals.Metrics.DeliveryTook(4);
        await Look();

        Assert.That(_watch.Of(Report("Kafka is out of reach")).Select(trouble => trouble.Text), Is.EqualTo(
            ["Kafka is out of reach", "Records that this node has yet to read: 5000", "Messages are delivered late: p99 5.0 s"]));

        lag = 0;
        await Look();
        Assert.That(_watch.Of(Report()), Is.Empty);
    }

    [Test]
    public async Task CertificateThatEndsSoon_IsAWarning_AndOneThatHasExpiredIsBad()
    {
        var ends = _time.GetUtcNow().AddDays(20).ToUnixTimeSeconds();
        _totals.Metrics.ObserveCertificate(() => ends);
        await Look();
        Assert.That(_watch.Of(Report()), Is.Empty);

        ends = _time.GetUtcNow().AddDays(3).ToUnixTimeSeconds();
        await Look();
        Assert.That(_watch.Of(Report()).Single(), Has.Property("Severity").EqualTo("warning").And.Property("Text").EqualTo($"The certificate is good until {DateTimeOffset.FromUnixTimeSeconds(ends):u} only"));

        ends = 60;
        await Look();
        Assert.That(_watch.Of(Report()).Single(), Has.Property("Severity").EqualTo("bad").And.Property("Text").EqualTo("The certificate expired at 1970-01-01 00:01:00Z: no client trusts it"));
    }

    [Test]
    public async Task ClientsThatThereAreNoKeysFor_AreSaid()
    {
        _totals.Metrics.ConnectionRefused("sse", "keys_unavailable", 3);
        await Look();
        Assert.That(_watch.Of(Report()).Single(), Has.Property("Severity").EqualTo("bad")
            .And.Property("Text").EqualTo("Clients turned away, since JWT_JWKS_URL has given no keys to check tokens with: 3 within the last 15 minutes"));
    }

    private static HealthReport Report(string? trouble = null)
    {
        var check = new HealthReportEntry(trouble is null ? HealthStatus.Healthy : HealthStatus.Degraded, trouble, TimeSpan.Zero, null, null);
        return new HealthReport(new Dictionary<string, HealthReportEntry> { ["log"] = check }, TimeSpan.Zero);
    }

    private async Task Look()
    {
        var next = _load.Next;
        _time.Advance(LoadHistory.Between);
        await next.Soon();
    }
}
