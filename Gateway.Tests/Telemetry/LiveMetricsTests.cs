using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Telemetry;
using RigKafka.Tests.Docs;

namespace RigKafka.Tests.Telemetry;

internal sealed class LiveMetricsTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddHours(1));
    private MetricTotals _totals = null!;
    private LiveMetrics _live = null!;

    [SetUp]
    public void Create()
    {
        _totals = new MetricTotals(listen: false);
        _live = new LiveMetrics(_totals.Meters);
    }

    [TearDown]
    public void Dispose()
    {
        _live.Dispose();
        _totals.Dispose();
    }

    [Test]
    public void Counters_HaveWhatWasCounted_ByTheirTags()
    {
        _totals.Metrics.ConnectionOpened("sse");
        _totals.Metrics.ConnectionOpened("sse");
        _totals.Metrics.ConnectionOpened("websocket");
        _totals.Metrics.ConnectionClosed("sse", "client_gone");
        _totals.Metrics.Delivered(3);

        Assert.That(_live.By("rig.connections", "transport"), Is.EquivalentTo(new Dictionary<string, double> { ["sse"] = 1, ["websocket"] = 1 }));
        Assert.That(_live.By("rig.connections.closed", "reason"), Is.EquivalentTo(new Dictionary<string, double> { ["client_gone"] = 1 }));
        Assert.That((_live.Total("rig.deliveries"), _live.Total("rig.connections"), _live.Total("rig.nothing")), Is.EqualTo((3, 2, 0)));
    }

    [Test]
    public void Gauges_HaveWhatIsLookedUp_AndNothingOnceItIsGone()
    {
        long? lag = 5;
        _totals.Metrics.ObserveLag(() => lag is { } records ? [("messages", 0, records)] : []);
        Assert.That(_live.Total("rig.log.lag"), Is.Zero);
        _live.Collect();
        Assert.That(_live.Total("rig.log.lag"), Is.EqualTo(5));
        Assert.That(_live.By("rig.log.partition.lag", "partition"), Is.EquivalentTo(new Dictionary<string, double> { ["0"] = 5 }));
        lag = null;
        _live.Collect();
        Assert.That((_live.Total("rig.log.lag"), _live.By("rig.log.partition.lag", "partition")), Is.EqualTo((0, new Dictionary<string, double>())));
    }

    [Test]
    public void OtherGatewaysInTheProcess_AreNotCounted()
    {
        using var other = new MetricTotals(listen: false);
        other.Metrics.Delivered(3);
        Assert.That(_live.Total("rig.deliveries"), Is.Zero);
    }

    [Test]
    public void Quantiles_AreEstimatedWithinTheirBucket_AsPrometheusDoes()
    {
        // Bounds 1 ms and 2 ms: 4 samples below the first, 4 between the two.
        for (var i = 0; i < 4; i++)
        {
            _totals.Metrics.DeliveryTook(0.0005);
            _totals.Metrics.DeliveryTook(0.0015);
        }

        var buckets = _live.Buckets("rig.delivery.duration");
        Assert.That(buckets.Quantile(0.25), Is.EqualTo(0.0005).Within(1e-9));
        Assert.That(buckets.Quantile(0.5), Is.EqualTo(0.001).Within(1e-9));
        Assert.That(buckets.Quantile(0.75), Is.EqualTo(0.0015).Within(1e-9));
        Assert.That(buckets.Quantile(1), Is.EqualTo(0.002).Within(1e-9));
        Assert.That(buckets.Since(buckets).Quantile(0.5), Is.Null, "nothing since");

        _totals.Metrics.DeliveryTook(1000);
        Assert.That(_live.Buckets("rig.delivery.duration").Since(buckets).Quantile(0.5), Is.EqualTo(10), "beyond the last bound");
    }

    [Test]
    public void PrometheusNames_AreThoseOfTheMetricsPage()
    {
        var page = MarkdownTable.Rows(RepositoryFiles.Read("docs/reference/metrics.md"), "## The gateway's own").ToDictionary(row => row[0].Trim('`'), row => row[1].Trim('`'));
        _totals.Metrics.ObserveLag(() => [("messages", 0, 0)]);
        _totals.Metrics.ObserveDegraded(() => false);
        _totals.Metrics.ObserveHistory(() => 0, 0, () => 0, () => 0);
        Assert.That(_live.All.Select(metric => (metric.Name, metric.PrometheusName)), Is.All.Matches<(string Name, string Prometheus)>(metric => page[metric.Name] == metric.Prometheus));
        Assert.That(_live.All.Count(), Is.GreaterThan(20));
    }

    [Test]
    public async Task Loads_AreRatesOfTwoSeconds_AndAQuarterOfAnHourOfThemIsKept()
    {
        using var load = new LoadHistory(_live, _time, NullLogger<LoadHistory>.Instance);
        var first = load.Next;
        await load.StartAsync(CancellationToken.None).Soon();
        await first.Soon();

        _totals.Metrics.ConnectionOpened("sse");
        for (var i = 0; i < 10; i++)
        {
            _totals.Metrics.MessageRead();
            _totals.Metrics.DeliveryTook(0.0015);
        }

        _totals.Metrics.Delivered(30);
        _totals.Metrics.Published("stored", 4);
        await Advance(load);

        Assert.That(load.Latest, Has.Property("Read").EqualTo(5).And.Property("Deliveries").EqualTo(15).And.Property("Published").EqualTo(2));
        Assert.That(load.Latest!.P50, Is.EqualTo(0.0015).Within(1e-9));
        Assert.That(load.Latest.Connections, Is.EquivalentTo(new Dictionary<string, long> { ["sse"] = 1 }));
        await Advance(load);
        Assert.That(load.Latest, Has.Property("Read").Zero.And.Property("P50").Null, "nothing within the last two seconds");

        for (var i = 0; i < LoadHistory.Most; i++)
        {
            await Advance(load);
        }

        Assert.That(load.Past, Has.Count.EqualTo(LoadHistory.Most));
        Assert.That(load.Past[^1].Time - load.Past[0].Time, Is.EqualTo((LoadHistory.Most - 1) * 2000));
    }

    [Test]
    public async Task GaugeThatFails_IsLoggedOnce_AndTheLoadsGoOn()
    {
        _totals.Metrics.ObserveDegraded(() => throw new InvalidOperationException("This gauge is broken."));
        _totals.Metrics.ObserveLag(() => [("messages", 0, 5)]);
        var lines = new LogLines<LoadHistory>();
        using var load = new LoadHistory(_live, _time, lines);
        var first = load.Next;
        await load.StartAsync(CancellationToken.None).Soon();
        await await Task.WhenAny(first, load.ExecuteTask!).Soon();
        _totals.Metrics.Delivered(4);
        await Advance(load);
        Assert.That(load.Latest, Has.Property("Deliveries").EqualTo(2).And.Property("Lag").EqualTo(5));
        await Advance(load);
        Assert.That(load.Past, Has.Count.EqualTo(3));
        Assert.That(lines.Lines.Single(), Does.StartWith("Warning MetricsNotLookedUp 1 metrics").And.Contains("This gauge is broken."));
    }

    private async Task Advance(LoadHistory load)
    {
        var next = load.Next;
        _time.Advance(LoadHistory.Between);
        await next.Soon();
    }
}
