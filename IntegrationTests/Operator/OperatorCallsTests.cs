using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;

namespace RigKafka.IntegrationTests.Operator;

/// <summary>What the operator's page asks of a node, without the page.</summary>
internal sealed class OperatorCallsTests
{
    [Test]
    public async Task Feed_IsNotAmongTheDurationsOfRequests()
    {
        await using var node = await GatewayNode.Start();
        using var connection = await RawConnection.Open(node.Api);
        var response = await connection.Ask("GET", "/v1/node/events");
        Assert.That(response.Status, Is.EqualTo(200));
        using (var other = await node.GetApi("/v1/settings"))
        {
            await Wait.Until(async () => (await node.Metrics()).Sum("http_server_active_requests") == 2, "the feed and this question are open");
        }

        connection.Dispose();
        await Wait.Until(async () => (await node.Metrics()).Sum("http_server_active_requests") == 1, "the feed has ended");
        var metrics = await node.Metrics();
        Assert.That(metrics.Sum("http_server_request_duration_seconds_count", "http_route=\"/v1/settings\""), Is.EqualTo(1));
        Assert.That(metrics.Sum("http_server_request_duration_seconds_count", "http_route=\"/v1/node/events\""), Is.Zero);
    }

    [Test]
    public async Task Nodes_SayTheStateOfTheHealthPage_WhicheverCheckItIsOf()
    {
        var isWell = true;
        await using var node = await GatewayNode.Start(prepare: builder => builder.Services.AddHealthChecks()
            .AddCheck("another table", () => Volatile.Read(ref isWell) ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("Another table is out of reach.")));
        Assert.That(await State("ready"), Is.EqualTo("ready").And.EqualTo(await node.HealthWord()));
        Volatile.Write(ref isWell, false);
        Assert.That(await State("degraded"), Is.EqualTo("degraded").And.EqualTo(await node.HealthWord()));

        async Task<string?> State(string expected)
        {
            string? state = null;
            await Wait.Until(
                async () =>
                {
                    using var answer = await node.Call(HttpMethod.Get, "/v1/nodes");
                    var nodes = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
                    state = nodes.ValueKind == JsonValueKind.Array && nodes.GetArrayLength() == 1 ? nodes[0].GetProperty("state").GetString() : null;
                    return state == expected;
                },
                $"the node tells that it is {expected}");
            return state;
        }
    }
}
