using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Monitoring;

/// <summary>
/// A real Prometheus, the one of the machine, with the files of <c>compose/monitoring</c>: it only looks more often, at the nodes of the test,
/// and waits less. Where there is none the tests are skipped.
/// </summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    /// <summary>What the windows of the alerts are divided by.</summary>
    private const int Haste = 20;

    private readonly DirectoryInfo _folder;
    private readonly HttpClient _http;
    private readonly Process _process;
    private readonly Task<string> _output;
    private long _began;

    private PrometheusServer(IEnumerable<(string Name, Uri Api)> nodes)
    {
        _folder = Directory.CreateTempSubdirectory("prometheus-");
        var port = KafkaCluster.FreePorts(1)[0];
        var configuration = Path.Combine(_folder.FullName, "prometheus.yml");
        File.WriteAllText(configuration, Configuration(RepositoryFiles.Read("compose/monitoring/prometheus.yml"), nodes));
        File.WriteAllText(Path.Combine(_folder.FullName, "rules.yml"), Rules(RepositoryFiles.Read("compose/monitoring/rules.yml")));
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Limits.Hang };
        string[] arguments =
        [
            $"--config.file={configuration}", $"--storage.tsdb.path={_folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
        ];
        _process = Process.Start(new ProcessStartInfo("prometheus", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _output = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>To be asked before a test begins.</summary>
    public static void Require()
    {
        if (!Missing.IsProgram("prometheus") || !Missing.IsProgram("promtool"))
        {
            Missing.Skip("Prometheus", "install prometheus");
        }
    }

    /// <summary>Starts one, and waits until it has looked at every node a few times.</summary>
    /// <param name="nodes">What it calls them, and where their API is.</param>
    public static async Task<PrometheusServer> Start(params IReadOnlyCollection<(string Name, Uri Api)> nodes)
    {
        var server = new PrometheusServer(nodes);
        try
        {
            await Wait.Until(server.Answers, "Prometheus is up");
            await Wait.Until(async () => (await server.Query("count_over_time(up[1m]) > 3")).Count == nodes.Count, "it has looked at all nodes");
            server._began = Stopwatch.GetTimestamp();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What an expression is now: each result with its labels, and its value where it is one.</summary>
    public async Task<IReadOnlyList<(JsonElement Labels, double Value)>> Query(string expression)
    {
        using var answer = await _http.GetAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(expression)}", UriKind.Relative)).Soon();
        var text = await answer.Content.ReadAsStringAsync().Soon();
        Assert.That(answer.IsSuccessStatusCode, Is.True, $"{expression}: {text}");
        return
        [
            .. JsonElement.Parse(text).GetProperty("data").GetProperty("result").EnumerateArray()
                .Select(one => (one.GetProperty("metric"), double.Parse(one.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture))),
        ];
    }

    /// <summary>The alerts that fire now, by the name of the node; those of no node have none.</summary>
    public Task<ILookup<string, string>> Firing() => Firing(within: "3s");

    /// <summary>The alerts that have fired since it had looked at all nodes. Before, there was none of them for it.</summary>
    public Task<ILookup<string, string>> HaveFired() =>
        Firing(string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (long)Stopwatch.GetElapsedTime(_began).TotalSeconds)}s"));

    /// <summary>Waits until it has looked at the alerts so many times more.</summary>
    public async Task Looks(int times)
    {
        var (before, groups) = (await Now(), RuleGroup().Count(RepositoryFiles.Read("compose/monitoring/rules.yml")));
        await Wait.Until(async () => await Now() >= before + (times * groups), "Prometheus looks again");

        async Task<double> Now()
        {
            var page = new MetricsPage(await _http.GetStringAsync(new Uri("/metrics", UriKind.Relative)).Soon());
            return page.Sum("prometheus_rule_group_iterations_total");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Soon();
        _process.Dispose();
        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<ILookup<string, string>> Firing(string within)
    {
        var alerts = await Query($"count by (instance, alertname) (max_over_time(ALERTS{{alertstate=\"firing\"}}[{within}]))");
        return alerts.ToLookup(
            alert => alert.Labels.TryGetProperty("instance", out var node) ? node.GetString()! : "",
            alert => alert.Labels.GetProperty("alertname").GetString()!);
    }

    private static string Configuration(string text, IEnumerable<(string Name, Uri Api)> nodes)
    {
        var targets = nodes.Select(node => $"      - targets: ['{node.Api.Authority}']\n        labels:\n          instance: {node.Name}\n");
        Assert.That(Targets().Count(text), Is.EqualTo(1));
        return Targets().Replace(text, string.Concat(targets)).Replace("_interval: 15s", "_interval: 1s", StringComparison.Ordinal);
    }

    /// <summary>
    /// The same alerts, of shorter windows. They wait less, but for some looks, since a busy machine makes a node late for one or two; and no
    /// longer than a window, so that nothing that happens once in it is enough, as in truth.
    /// </summary>
    private static string Rules(string text)
    {
        text = Window().Replace(text, window => string.Create(CultureInfo.InvariantCulture, $"[{Shorter(window)}s]"));
        return Delay().Replace(text, delay => string.Create(CultureInfo.InvariantCulture, $"for: {Math.Clamp(Shorter(delay), 8, 15)}s"));
    }

    /// <summary>The seconds that minutes or hours of the files are here.</summary>
    private static int Shorter(Match time) =>
        int.Parse(time.Groups["many"].Value, CultureInfo.InvariantCulture) * (time.Groups["unit"].Value == "h" ? 3600 : 60) / Haste;

    private async Task<bool> Answers()
    {
        Assert.That(_process.HasExited, Is.False, () => _output.Result);
        try
        {
            using var answer = await _http.GetAsync(new Uri("/-/ready", UriKind.Relative)).Soon();
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^      - targets:\n( +- gateway-.*\n)+", RegexOptions.Multiline)]
    private static partial Regex Targets();

    [GeneratedRegex(@"\[(?<many>[0-9]+)(?<unit>[mh])\]")]
    private static partial Regex Window();

    [GeneratedRegex("for: (?<many>[1-9][0-9]*)(?<unit>[mh])")]
    private static partial Regex Delay();

    [GeneratedRegex("^  - name: ", RegexOptions.Multiline)]
    private static partial Regex RuleGroup();
}
