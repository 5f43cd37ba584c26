using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Readme;
using static Microsoft.Playwright.Assertions;

namespace RigKafka.IntegrationTests.Demo;

/// <summary>The original's channels example, with its settings: from the browser through the API gateway to a service, to Kafka, and to every tab.</summary>
internal sealed class ProduceRoadTests
{
    [Test]
    public async Task WhatABrowserProduces_GoesThroughTheServiceAndKafka_AndReachesBothTabs()
    {
        await using var chromium = await Chromium.Start();
        var (hosts, topic) = (await TestKafka.Hosts(), TestTopics.NewName());
        await using var node = await KafkaNode.Start(hosts, topic, new()
        {
            ["DEMO_ENABLED"] = "true",
            ["JWT_USER_FIELD"] = "username",
            ["JWT_ROLES_FIELD"] = "levels",
            ["MESSAGE_USER_FIELD"] = "username",
            ["PRIVILEGED_ROLES"] = "admin",
        });
        await using var service = new Terminal($"exec dotnet '{Path.Combine(AppContext.BaseDirectory, "ProduceService.dll")}'", new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["GATEWAY_API"] = node.Api.AbsoluteUri,
            ["KAFKA_HOSTS"] = hosts,
            ["KAFKA_TOPIC"] = topic,
            ["MESSAGE_USER_FIELD"] = "username",
            ["SERVICE_HOST"] = "127.0.0.1",
        });
        await service.Shows("passes POST /produce on", Limits.Hang);

        await using var one = await chromium.Open(node, "?user=alice&transport=sse");
        await using var other = await chromium.Open(node, "?user=bob&roles=guest,admin&topic=user:alice&transport=websocket");
        await one.PaneIs("alice", "sse", "joined");
        await other.PaneIs("bob", "websocket", "joined", "user:alice");

        await one.Send("alice", "all the way round", road: "produce");
        await Expect(one.Answer).ToContainTextAsync("200 {\"status\":\"ok\",\"message\":{\"username\":\"alice\",\"text\":\"all the way round\"");
        Assert.That(await one.Shows("alice", "sse", "all the way round"), Does.EndWith(" ms"));
        Assert.That(await other.Shows("bob", "websocket", "all the way round"), Does.EndWith(" ms"));
    }
}
