using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Demo;

/// <summary>Who gets a token of the demo, and what it is good for.</summary>
internal sealed class DemoTokenTests
{
    [Test]
    public async Task WithoutTheSetting_ThereIsNoDemo()
    {
        await using var node = await GatewayNode.Start();
        foreach (var path in new[] { "/demo", "/demo/demo.js", "/demo/token?user=alice" })
        {
            using var answer = await node.GetApi(path);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }
    }

    [Test]
    public async Task Token_HasWhatThisGatewayLooksFor_AndIsTaken()
    {
        await using var node = await GatewayNode.Start(new()
        {
            ["DEMO_ENABLED"] = "true",
            ["JWT_USER_FIELD"] = "sub",
            ["JWT_ROLES_FIELD"] = "levels",
            ["JWT_ISSUER"] = "the demo",
            ["JWT_AUDIENCE"] = "gateway,others",
            ["PRIVILEGED_ROLES"] = "admin",
        });
        using var answer = await node.GetApi("/demo/token?user=j%C3%BCrgen&roles=guest,admin");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers.CacheControl!.NoStore);

        using var stream = await SseClient.Open(node.External, $"users[]=j%C3%BCrgen&users[]=bob&token={await answer.Content.ReadAsStringAsync()}");
        await stream.Next(2);
        await node.Publish("""{"user":"bob"}""");
        await stream.Next("message");
    }

    [Test]
    public async Task Page_AndTokens_AreNotForOtherOrigins_NorOnThePortForClients()
    {
        await using var node = await GatewayNode.Start(new() { ["DEMO_ENABLED"] = "true" });
        foreach (var path in new[] { "/demo", "/demo/token?user=alice" })
        {
            using var inside = await node.GetApi(path);
            Assert.That(inside.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
            Assert.That(inside.Headers.Contains("access-control-allow-origin"), Is.False, path);
            using var outside = await node.GetExternal(path);
            Assert.That(outside.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }
    }

    [TestCase("/demo/token", HttpStatusCode.BadRequest)]
    [TestCase("/demo/demo.html", HttpStatusCode.NotFound)]
    [TestCase("/demo/other.js", HttpStatusCode.NotFound)]
    [TestCase("/demo/..%2fsettings", HttpStatusCode.NotFound)]
    public async Task OtherRequests_GetOneClearAnswer(string path, HttpStatusCode status)
    {
        await using var node = await GatewayNode.Start(new() { ["DEMO_ENABLED"] = "true" });
        using var answer = await node.GetApi(path);
        Assert.That(answer.StatusCode, Is.EqualTo(status));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.StartWith("{\"errors\":{\"detail\":\""));
    }
}
