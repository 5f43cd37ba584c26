using System.Text.RegularExpressions;
using NUnit.Framework;
using RigKafka.Tests.Docs;

namespace RigKafka.Tests.Compose;

/// <summary>What can be known of the alerts and the dashboard without Prometheus: what they name, and what the pages say of them.</summary>
internal sealed partial class MonitoringTests
{
    private const string Page = "docs/operations/monitoring.md";
    private const string Job = "rig-kafka";

    private static readonly HashSet<string> Metrics =
        [.. MarkdownTable.Rows(RepositoryFiles.Read("docs/reference/metrics.md"), "## The gateway's own").SelectMany(NamesOf)];

    private static IEnumerable<string> Alerts => MonitoringFiles.Alerts.Select(alert => alert.Alert);

    private static IEnumerable<string> Panels => Dashboard.Panels.Select(Dashboard.TitleOf);

    private static IEnumerable<string> Graphs => Dashboard.Panels.Where(panel => panel.GetProperty("type").GetString() == "timeseries").Select(Dashboard.TitleOf);

    [TestCaseSource(nameof(Alerts))]
    public void Alert_SaysHowBadItIs_WhatIsUp_WhatToDo_AndWhereMoreIsSaid(string name)
    {
        var alert = MonitoringFiles.Alerts.Single(alert => alert.Alert == name);
        Assert.That(alert.For, Does.Match("^[0-9]+[mh]$"));
        Assert.That(alert.Labels, Has.Count.EqualTo(1));
        Assert.That(alert.Labels["severity"], Is.AnyOf("critical", "warning"));
        Assert.That(alert.Annotations.Keys, Is.EquivalentTo(["summary", "description", "runbook_url"]));
        Assert.That(alert.Annotations.Values, Has.None.Empty);
        var link = alert.Annotations["runbook_url"].Split('#');
        Assert.That(link[0], Is.EqualTo(Page));
        Assert.That(RepositoryFiles.Read(link[0]), Does.Contain($"<a id=\"{link[1]}\"></a>"));
    }

    [Test]
    public void MonitoringPage_ListsTheAlerts_InTheirOrder() =>
        Assert.That(
            MarkdownTable.Rows(RepositoryFiles.Read(Page), "## Alerts").Select(row => (Anchor().Replace(row[0], ""), row[1], row[2])),
            Is.EqualTo(MonitoringFiles.Alerts.Select(alert => (alert.Alert, alert.Labels["severity"], alert.For))));

    /// <summary>What the tests of promtool say, and what the tests on real nodes cause.</summary>
    [TestCase($"{MonitoringFiles.Folder}/rules.test.yml")]
    [TestCase("IntegrationTests/Monitoring/AlertTests.cs")]
    public void EachAlert_HasATest(string tests)
    {
        var text = RepositoryFiles.Read(tests);
        Assert.That(Alerts.Where(alert => !Regex.IsMatch(text, $@"\b{alert}\b")), Is.Empty);
    }

    [Test]
    public void PrometheusRule_HasTheSameAlerts()
    {
        var groups = MonitoringFiles.Rules[MonitoringFiles.Rules.IndexOf("groups:", StringComparison.Ordinal)..];
        var spec = string.Concat(groups.TrimEnd('\n').Split('\n').Select(line => $"  {line}\n"));
        Assert.That(
            RepositoryFiles.Read($"compose/kubernetes/{MonitoringFiles.PrometheusRule}").Split("spec:\n")[1],
            Is.EqualTo(spec),
            $"the groups of {MonitoringFiles.Folder}/rules.yml, two spaces further in");
    }

    [Test]
    public void Job_IsOfOneName_ForPrometheus_ItsOperator_AlertsAndDashboard()
    {
        Assert.That(JobName().Matches(MonitoringFiles.Configuration).Select(job => job.Groups["name"].Value), Is.EqualTo([Job]));
        Assert.That(RepositoryFiles.Read("compose/kubernetes/servicemonitor.yaml"), Does.Contain("jobLabel: app.kubernetes.io/name\n"));
        Assert.That(RepositoryFiles.Read("compose/kubernetes/kustomization.yaml"), Does.Contain($"app.kubernetes.io/name: {Job}\n"));
        var all = MonitoringFiles.Alerts.Select(alert => alert.Expr).Concat(Dashboard.Panels.SelectMany(Dashboard.Expressions));
        Assert.That(all.SelectMany(expression => JobMatcher().Matches(expression)).Select(job => job.Groups["name"].Value), Has.All.EqualTo(Job));
    }

    [Test]
    public void Targets_AreTheApiPortsOfTheGatewaysOfCompose()
    {
        var settings = TestSettings.Of([]).Settings.ToDictionary(setting => setting.Name, setting => setting.Default);
        var gateways = ComposeFile.Read().Services.Keys.Where(name => name.StartsWith("gateway", StringComparison.Ordinal));
        Assert.That(
            Target().Matches(MonitoringFiles.Configuration).Select(target => target.Groups["address"].Value),
            Is.EqualTo(gateways.Select(gateway => $"{gateway}:{settings["API_PORT"]}")));
    }

    [TestCaseSource(nameof(Alerts))]
    public void Alert_NamesMetricsThatThereAre(string name) =>
        Assert.That(Unknown(MonitoringFiles.Alerts.Single(alert => alert.Alert == name).Expr), Is.Empty);

    [TestCaseSource(nameof(Panels))]
    public void Panel_HasAUnit_ADescription_TheChosenSource_AndTheChosenNodes(string title)
    {
        var panel = Dashboard.Panel(title);
        Assert.That(panel.GetProperty("description").GetString(), Is.Not.Empty);
        Assert.That(panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString(), Is.Not.Empty);
        Assert.That(panel.GetProperty("datasource").GetProperty("uid").GetString(), Is.EqualTo("${datasource}"));
        foreach (var expression in Dashboard.Expressions(panel))
        {
            Assert.That(Unknown(expression), Is.Empty);
            // Of the alerts, one is about no node.
            Assert.That(
                Selector().Matches(expression).Select(selector => selector.Value).Where(selector => !selector.Contains("ALERTS{", StringComparison.Ordinal)),
                Has.All.Contains("instance=~\"$instance\""));
        }
    }

    [TestCaseSource(nameof(Graphs))]
    public void Graph_TellsItsLinesApart(string title)
    {
        var targets = Dashboard.Panel(title).GetProperty("targets").EnumerateArray().ToList();
        Assert.That(targets.Select(target => target.GetProperty("legendFormat").GetString()), Is.Unique.And.None.Empty);
        foreach (var target in targets)
        {
            var labels = Grouping().Matches(target.GetProperty("expr").GetString()!).SelectMany(by => by.Groups["labels"].Value.Split(", "));
            foreach (var label in labels.Where(label => label != "le"))
            {
                Assert.That(target.GetProperty("legendFormat").GetString(), Does.Contain($"{{{{{label}}}}}"));
            }
        }
    }

    [Test]
    public void Dashboard_HasItsRows_AndShowsEveryMetricOfTheGateway()
    {
        Assert.That(Dashboard.Rows, Is.EqualTo(["Nodes", "Clients", "Delivery", "Kafka", "Resume", "Publish", "Proxy", "Process"]));
        Assert.That(Dashboard.Panels.Select(panel => panel.GetProperty("id").GetInt32()), Is.Unique);
        var shown = Dashboard.Panels.SelectMany(Dashboard.Expressions).SelectMany(MonitoringFiles.MetricsOf).ToHashSet();
        var own = MarkdownTable.Rows(RepositoryFiles.Read("docs/reference/metrics.md"), "## The gateway's own");
        Assert.That(own.Where(row => !NamesOf(row).Any(shown.Contains)).Select(row => row[0]), Is.Empty);
    }

    /// <summary>Those that are the gateway's by their name, and are not.</summary>
    private static IEnumerable<string> Unknown(string expression) => MonitoringFiles.MetricsOf(expression)
        .Where(name => name.StartsWith("rig_", StringComparison.Ordinal) && !Metrics.Contains(name));

    /// <summary>A histogram is asked for by its parts.</summary>
    private static IEnumerable<string> NamesOf(string[] row) => row[2] == "histogram" ? [$"{row[1]}_bucket", $"{row[1]}_count", $"{row[1]}_sum"] : [row[1]];

    [GeneratedRegex("<a id=[^>]*></a>")]
    private static partial Regex Anchor();

    [GeneratedRegex(@"by \((?<labels>[^)]+)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex("job_name: (?<name>.+)$", RegexOptions.Multiline)]
    private static partial Regex JobName();

    [GeneratedRegex("job=\"(?<name>[^\"]+)\"")]
    private static partial Regex JobMatcher();

    [GeneratedRegex("^ +- (?<address>gateway-.+)$", RegexOptions.Multiline)]
    private static partial Regex Target();

    [GeneratedRegex(@"[A-Za-z_]+\{[^}]*\}")]
    private static partial Regex Selector();
}
