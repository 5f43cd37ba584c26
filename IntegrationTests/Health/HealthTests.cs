using System.Net;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Health;

internal sealed class HealthTests
{
    private GatewayNode _node = null!;

    [OneTimeSetUp]
    public async Task StartTheNode() => _node = await GatewayNode.Start();

    [OneTimeTearDown]
    public async Task StopTheNode() => await _node.DisposeAsync();

    [Test]
    public async Task Health_IsOkOnBothListeners()
    {
        using var external = await _node.GetExternal("/health");
        using var api = await _node.GetApi("/health");

        Assert.That((external.StatusCode, await external.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.OK, "OK")));
        Assert.That((api.StatusCode, await api.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.OK, "OK")));
    }

    [Test]
    public async Task LiveAndReady_AreOnTheApiListener()
    {
        using var live = await _node.GetApi("/health/live");
        using var ready = await _node.GetApi("/health/ready");

        Assert.That(live.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var details = JsonDocument.Parse(await ready.Content.ReadAsStringAsync());
        Assert.That(details.RootElement.GetProperty("status").GetString(), Is.EqualTo("ready"));
    }

    [Test]
    public async Task Ready_IsInTheMetrics_AsOnThePage()
    {
        await using var unready = await GatewayNode.Start(new() { ["KAFKA_ENABLED"] = "true", ["KAFKA_HOSTS"] = "127.0.0.1:1" }, waitUntilReady: false);

        Assert.That(((await _node.Metrics()).Sum("rig_ready"), await _node.HealthWord()), Is.EqualTo((1, "ready")));
        Assert.That(((await unready.Metrics()).Sum("rig_ready"), await unready.HealthWord()), Is.EqualTo((0, "unready")));
    }

    [TestCase("/v1/messages")]
    [TestCase("/metrics")]
    [TestCase("/health/live")]
    [TestCase("/health/ready")]
    public async Task WhatIsForOperators_IsNotOutside(string path)
    {
        using var get = await _node.GetExternal(path);
        Assert.That((get.StatusCode, await get.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.NotFound, """{"message":"Route is not available"}""")));
        using var connection = await RawConnection.Open(_node.External);
        await connection.Send($"POST {path} HTTP/1.1\r\nHost: {_node.Api.Authority}\r\nContent-Length: 0\r\n\r\n");
        Assert.That((await connection.ReadHead().Soon()).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task Streams_AreNotInside()
    {
        using var answer = await _node.GetApi($"/socket/sse?users[]=alice&token={Token.Of("alice")}");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Refusals_AreCountedByReason()
    {
        foreach (var query in new[] { "?users[]=alice", $"?token={Token.Of("alice")}", "?users[]=alice&token=rubbish" })
        {
            using var answer = await _node.GetExternal("/socket/sse" + query);
        }

        await Wait.Until(async () => (await _node.Metrics()).Sum("rig_connections_refused_total") >= 3, "the refusals are in the metrics");
        var metrics = await _node.Metrics();
        Assert.That(metrics.Sum("rig_connections_refused_total", "reason=\"bad_request\""), Is.EqualTo(1));
        Assert.That(metrics.Sum("rig_connections_refused_total", "reason=\"no_channels\""), Is.EqualTo(1));
        Assert.That(metrics.Sum("rig_connections_refused_total", "reason=\"malformed\""), Is.EqualTo(1));
    }
}
