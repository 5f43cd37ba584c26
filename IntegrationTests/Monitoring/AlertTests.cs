using NUnit.Framework;

namespace RigKafka.IntegrationTests.Monitoring;

/// <summary>
/// A real Prometheus watches nodes on a real Kafka, and to each something happens: it fires the alerts of that, and no other. A second and a
/// minute of the files are shorter here; otherwise they are those of <c>compose/monitoring</c>.
/// </summary>
[NonParallelizable]
internal sealed class AlertTests
{
    /// <summary>What happens, and what fires.</summary>
    private static readonly Dictionary<string, string[]> Expected = new()
    {
        ["well-1"] = [],
        ["well-2"] = [],
        ["killed"] = ["RigNodeDown"],
        ["without-kafka"] = ["RigNodeNotReady", "RigKafkaTrouble"],
        ["broker-hangs"] = ["RigKafkaTrouble", "RigPublishFailing", "RigPublishSlow", "RigRequestLogDropped"],
        ["stored-late"] = ["RigPublishSlow"],
        ["open-transaction"] = ["RigLag"],
        ["topic-anew"] = ["RigMessagesMissed"],
        ["bad-record"] = ["RigPoison"],
        ["bad-table-record"] = ["RigTableRecordsSkipped"],
        ["late-records"] = ["RigDeliverySlow"],
        ["full"] = ["RigNodeFull"],
        ["too-many-at-once"] = ["RigClientsTurnedAway"],
        ["too-many-tcp"] = ["RigTcpConnectionsReset"],
        ["slow-client"] = ["RigSlowConsumers"],
        ["client-of-another-log"] = ["RigResumesWithGap"],
        ["issuer-down"] = ["RigKeysUnavailable"],
        ["service-down"] = ["RigServiceFailing"],
        ["certificate-expires"] = ["RigCertificateExpiring"],
        ["certificate-expired"] = ["RigCertificateExpired"],
    };

    /// <summary>For what takes a minute on a quick machine.</summary>
    private static readonly TimeSpan Long = Limits.Hang * 3;

    private EachFault _faults = null!;
    private PrometheusServer _prometheus = null!;
    private ILookup<string, string> _fired = null!;

    private static IEnumerable<string> Panels => Dashboard.Panels.Select(Dashboard.TitleOf);

    [OneTimeSetUp]
    public async Task CauseEachFault()
    {
        PrometheusServer.Require();
        _faults = await EachFault.Start();
        _prometheus = await PrometheusServer.Start(_faults.Watched);
        _faults.Begin();
        await Wait.Until(
            async () =>
            {
                _faults.AssertNoneHasFailed();
                return await _prometheus.HaveFired() is var fired && Expected.All(fault => fault.Value.All(fired[fault.Key].Contains));
            },
            "each alert fires",
            Long);
        // Others may have been about to fire: no alert waits longer.
        await _prometheus.Looks(16);
        _fired = await _prometheus.HaveFired();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        try
        {
            await (_faults?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        finally
        {
            await (_prometheus?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    [Test]
    public void EachFault_FiresItsAlerts_AndNoOther()
    {
        Assert.That(_fired.Select(node => node.Key), Is.SubsetOf(Expected.Keys));
        using (Assert.EnterMultipleScope())
        {
            foreach (var (fault, alerts) in Expected)
            {
                Assert.That(_fired[fault], Is.EquivalentTo(alerts), fault);
            }
        }
    }

    [TestCaseSource(nameof(Panels))]
    public async Task EachPanel_HasData(string title)
    {
        foreach (var expression in Dashboard.Expressions(Dashboard.Panel(title)))
        {
            // What was rare has to be within the window.
            var asked = expression.Replace("$__rate_interval", "10m", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal);
            Assert.That((await _prometheus.Query(asked)).Where(one => !double.IsNaN(one.Value)), Is.Not.Empty, asked);
        }
    }

    [Test]
    public async Task BrokerThatIsKilled_FiresTheSame_AndWhenItIsBack_NothingFires()
    {
        await _faults.Broker.Kill();
        // Longer than the windows of what the broker that hung has fired, but for the request log's.
        await _prometheus.Looks(25);
        Assert.That((await _prometheus.Firing())["broker-hangs"], Is.EquivalentTo(Expected["broker-hangs"]));

        await _faults.BrokerIsBack();

        await Wait.Until(async () => !(await _prometheus.Firing())["broker-hangs"].Any(), "all of its alerts have ended", Long);
    }

    [Test]
    public async Task NoNodeAtAll_IsAnAlertOfItsOwn()
    {
        await using var lonely = await PrometheusServer.Start(("nobody", new Uri("http://127.0.0.1:1")));
        await Wait.Until(async () => await lonely.Firing() is var fired && fired[""].Any() && fired["nobody"].Any(), "both fire");

        Assert.That((await lonely.Firing())[""], Is.EqualTo(["RigNoNode"]));
        Assert.That((await lonely.Firing())["nobody"], Is.EqualTo(["RigNodeDown"]));
    }
}
