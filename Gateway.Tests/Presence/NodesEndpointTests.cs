using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Presence;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Presence;

/// <summary>What a node tells the others of itself, and nodes of another version do not tell.</summary>
internal sealed class NodesEndpointTests : PresenceFixture
{
    [TestCase("5 7", 5, 7, null, Description = "of an older version")]
    [TestCase("""5 7 {"name":"a b","later":1}""", 5, 7, """{"name":"a b","later":1}""")]
    [TestCase("x", 0, 0, null)]
    [TestCase("", 0, 0, null)]
    public void Heartbeat_IsReadAsFarAsItIsKnown(string value, long started, long beat, string? summary) =>
        Assert.That(PresenceHeartbeat.Read(Encoding.UTF8.GetBytes(value)), Is.EqualTo(new PresenceHeartbeat(started, beat, summary)));

    [Test]
    public void Heartbeat_IsReadByAnOlderVersion()
    {
        // That version split at each space, and took the first two parts as numbers.
        var parts = Encoding.ASCII.GetString(new PresenceHeartbeat(5, 7, """{"name":"a b"}""").Write()).Split(' ');
        Assert.That(parts[..2], Is.EqualTo(["5", "7"]));
    }

    [Test]
    public async Task Nodes_ListEachOther_WithWhatEachSaysOfItself_AndAnOlderOneWithout()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        await Table.Put("old", new TableEntry("1 5"u8.ToArray(), DateTimeOffset.MaxValue)).Soon();
        await Until(() => b.Index.Nodes.Count == 3 && a.Index.Nodes.Count == 3);

        foreach (var (node, id) in new[] { (a, "a"), (b, "b") })
        {
            Assert.That(node.Index.Nodes.Select(each => (each.Id, each.IsSelf)), Is.EqualTo(new[] { ("old", false), ("a", id == "a"), ("b", id == "b") }));
            Assert.That(node.Index.Nodes[0], Has.Property("Summary").Null.And.Property("Started").EqualTo(1));
            Assert.That(node.Index.Nodes.Skip(1).Select(each => JsonDocument.Parse(each.Summary!).RootElement.GetProperty("state").GetString()), Is.All.EqualTo("ready"));
        }
    }

    [TestCase(HealthStatus.Healthy, null, "ready")]
    [TestCase(HealthStatus.Degraded, "The table is out of reach.", "degraded")]
    [TestCase(HealthStatus.Unhealthy, "The table has not been read.", "unready")]
    public async Task Node_SaysTheStateOfAllThatTheHealthPageLooksAt(HealthStatus status, string? trouble, string word)
    {
        using var totals = new MetricTotals(listen: false);
        using var metrics = new LiveMetrics(totals.Meters);
        using var load = new LoadHistory(metrics, Time, NullLogger<LoadHistory>.Instance);
        var health = new FakeHealth(("log", HealthStatus.Healthy, null), ("blacklist", status, trouble));
        var said = JsonElement.Parse(await new NodeSummary(new NodeOptions(), health, load).ToJson().Soon());
        Assert.That((said.GetProperty("state").GetString(), said.GetProperty("trouble").GetString()), Is.EqualTo((word, trouble)));
    }

    /// <summary>Without Kafka a node reads neither the heartbeats of others nor its own.</summary>
    [Test]
    public async Task NodeThatHearsNoHeartbeat_SaysHowItIsItself_AndThatTheOthersAreSilent()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        await Until(() => a.Index.Nodes.Count == 2);
        using var totals = new MetricTotals(listen: false);
        using var metrics = new LiveMetrics(totals.Meters);
        using var load = new LoadHistory(metrics, Time, NullLogger<LoadHistory>.Instance);
        var health = new FakeHealth(("log", HealthStatus.Degraded, "Kafka is out of reach."));
        var nodes = new NodesEndpoint(new NodeSummary(new NodeOptions(), health, load), a.Index);
        await using var app = await TestApp.Start(api: api => api.MapGet("/v1/nodes", nodes.List));

        Assert.That(await Said(), Is.EqualTo([("a", "degraded", "Kafka is out of reach.", false), ("b", "ready", null, false)]));
        b.Kill();
        a.Kill();
        Time.Advance(TimeSpan.FromSeconds(13));
        Assert.That(await Said(), Is.EqualTo([("a", "degraded", "Kafka is out of reach.", false), ("b", "ready", null, true)]));

        async Task<IEnumerable<(string?, string?, string?, bool)>> Said()
        {
            var answer = await app.Api.GetStringAsync("/v1/nodes").Soon();
            return [.. JsonElement.Parse(answer).EnumerateArray().Select(node => (
                node.GetProperty("id").GetString(), node.GetProperty("state").GetString(), node.GetProperty("trouble").GetString(), node.GetProperty("silent").GetBoolean()))];
        }
    }

    [Test]
    public async Task NodeThatFallsSilent_MissesHeartbeats()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        b.Kill();
        await Until(() => a.Index.Nodes.Any(node => node is { Id: "b", Missed: >= 2 }), TimeSpan.FromSeconds(1));
        Assert.That(a.Index.Nodes.Single(node => node.IsSelf).Missed, Is.Zero);
    }
}
