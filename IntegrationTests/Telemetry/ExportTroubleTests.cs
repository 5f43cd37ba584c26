using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Telemetry;

/// <summary>A collector that does not take what a node sends is named in the log, and nothing else suffers.</summary>
internal sealed class ExportTroubleTests
{
    [TestCase(Collector.Grpc)]
    [TestCase(Collector.Http)]
    public async Task NobodyListens_IsSaid_OnceAMinute_WithoutThePassword(string protocol)
    {
        await using var node = await GatewayProcess.Start(To("http://rig:secret@127.0.0.1:1", protocol));

        Assert.That(await node.Line("[2201]"), Does.Match(
            @" warn: RigKafka\.Telemetry\.ExportTrouble\[2201\] Metrics or spans may not reach the collector \(OTEL_EXPORTER_OTLP_ENDPOINT\): .*127\.0\.0\.1:1.* (Connection refused|Unavailable)"));
        await StopAfterMoreOfThem(node);
    }

    [TestCase(Collector.Http)]
    public async Task CollectorThatRefuses_IsSaid(string protocol)
    {
        await using var other = await GatewayProcess.Start(To("", protocol));
        await using var node = await GatewayProcess.Start(To($"http://127.0.0.1:{other.External.Port}", protocol));

        Assert.That(await node.Line("[2201]"), Does.Contain($"127.0.0.1:{other.External.Port} failed. ").And.Contain("404"));
        await StopAfterMoreOfThem(node);
    }

    private static Dictionary<string, string> To(string collector, string protocol) => new()
    {
        ["JWT_SECRET_KEY"] = Token.Secret,
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "50",
    };

    /// <summary>It sends once more when it stops, at the latest.</summary>
    private static async Task StopAfterMoreOfThem(GatewayProcess node)
    {
        node.Terminate();
        Assert.That(await node.Exit(), Is.Zero);
        Assert.That(node.Output.Count(line => line.Contains("[2201]", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(node.Output, Has.None.Contain("secret"));
    }
}
