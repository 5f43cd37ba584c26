using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.Telemetry;

namespace RigKafka.IntegrationTests.Health;

/// <summary>A node can be found by its id and its name, wherever an operator looks.</summary>
internal sealed class WhichNodeTests
{
    [Test]
    public async Task Node_SaysFirstOfAllWhoItIs_AndTheSameElsewhere()
    {
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string> { ["NODE_NAME"] = "Küche 1" });
        await gateway.UntilReady();
        using var http = new HttpClient();
        using var health = JsonDocument.Parse(await http.GetStringAsync(new Uri(gateway.Api, "/health/ready")).Soon());
        var node = health.RootElement.GetProperty("node");
        var id = node.GetProperty("id").GetString();

        Assert.That(id, Does.Match("^[0-9a-f]{16}$"));
        Assert.That((node.GetProperty("name").GetString(), node.GetProperty("version").GetString()), Is.EqualTo(("Küche 1", NodeOptions.Version)));
        Assert.That(gateway.Output.First(), Does.EndWith($"[1409] This is Küche 1, node {id}, of version {NodeOptions.Version}."));
        Assert.That(gateway.Output, Has.None.Contains("mean nothing here"));
        Assert.That(await TargetInfo(gateway.Api), Does.Contain($"service_instance_id=\"{id}\"").And.Contain("rig_node_name=\"Küche 1\"").And.Contain($"service_version=\"{NodeOptions.Version}\""));
    }

    [Test]
    public async Task Attributes_ThatAreGiven_CountMore()
    {
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string> { ["OTEL_RESOURCE_ATTRIBUTES"] = "service.instance.id=seven,rig.node.name=other,service.version=8" });

        Assert.That(await TargetInfo(gateway.Api), Does.Contain("service_instance_id=\"seven\"").And.Contain("rig_node_name=\"other\"").And.Contain("service_version=\"8\""));
    }

    /// <summary>As Prometheus asks, which takes both formats.</summary>
    private static async Task<string> TargetInfo(Uri api)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5");
        var page = await http.GetStringAsync(new Uri(api, "/metrics")).Soon();
        return page.Split('\n').Single(line => line.StartsWith("target_info{", StringComparison.Ordinal));
    }
}
