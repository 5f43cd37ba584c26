using System.Net;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using static Microsoft.Playwright.Assertions;

namespace RigKafka.IntegrationTests.Demo;

/// <summary>A newcomer opens the demo and sees the gateway work, in a real browser.</summary>
internal sealed partial class DemoPageTests
{
    private static readonly string[] Transports = ["sse", "websocket", "longpoll"];
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    private Chromium _chromium = null!;
    private GatewayNode _node = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _chromium = await Chromium.Start();
        _node = await GatewayNode.Start(new() { ["DEMO_ENABLED"] = "true", ["PRIVILEGED_ROLES"] = "admin" });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }

        if (_node is not null)
        {
            await _node.DisposeAsync();
        }
    }

    [Test]
    public async Task FirstSight_AliceBobAndCarolListen_AndAMessageToAliceReachesThoseWhoMayHearIt()
    {
        await using var tab = await _chromium.Open(_node);
        await tab.PaneIs("alice", "sse", "joined", "user:alice");
        await tab.PaneIs("bob", "websocket", "joined", "user:bob");
        await tab.PaneIs("carol", "longpoll", "joined", "user:alice");
        await Expect(tab.Pane("bob", "websocket").Locator(".beat")).ToContainTextAsync("heartbeat answered in");

        await tab.Send("alice", "for alice");
        await Expect(tab.Answer).ToContainTextAsync("202 message queued for transport");
        Assert.That(await tab.Shows("alice", "sse", "for alice"), Does.EndWith(" ms"));
        Assert.That(await tab.Shows("carol", "longpoll", "for alice"), Does.EndWith(" ms"));

        await tab.Send("bob", "for bob");
        await tab.Shows("bob", "websocket", "for bob");
        await Expect(tab.Pane("bob", "websocket").Locator(".message")).ToHaveCountAsync(1);
    }

    [Test]
    public async Task Messages_OfABackEnd_ArriveInEveryTabOnEveryTransport()
    {
        await using var alice = await _chromium.Open(_node, Devices("alice"));
        await using var bob = await _chromium.Open(_node, Devices("bob"));
        foreach (var transport in Transports)
        {
            await alice.PaneIs("alice", transport, "joined");
            await bob.PaneIs("bob", transport, "joined");
        }

        await _node.Publish("""{"user":"alice","text":"<b>to</b> alice"}""");
        await _node.Publish("""{"user":"bob","number":7}""");
        foreach (var transport in Transports)
        {
            Assert.That(await alice.Shows("alice", transport, "<b>to</b> alice"), Is.Empty, "nobody knows when it was sent");
            await bob.Shows("bob", transport, """{"user":"bob","number":7}""");
        }
    }

    [TestCaseSource(nameof(Transports))]
    public async Task ForeignTopic_WithoutARole_IsShownAsDenied_InTheGatewaysWords(string transport)
    {
        await using var tab = await _chromium.Open(_node, $"?user=bob&topic=user:alice&transport={transport}");
        await tab.PaneIs("bob", transport, "denied", """unauthorized user with id "bob" tried to join "user:alice"!""");

        await tab.Pane("bob", transport).Locator("[name=roles]").FillAsync("admin");
        await tab.Pane("bob", transport).Locator("[name=connect]").ClickAsync();
        await tab.PaneIs("bob", transport, "joined", "user:alice");
        Assert.That(new Uri(tab.Address).Query, Is.EqualTo($"?user=bob&roles=admin&topic=user:alice&transport={transport}"));
    }

    [TestCaseSource(nameof(Transports))]
    public async Task EndedSession_IsShownWithItsReason_AndTheClientComesBackOnlyWhenAsked(string transport)
    {
        await using var tab = await _chromium.Open(_node, $"?user=dave&transport={transport}");
        await tab.PaneIs("dave", transport, "joined");

        await tab.Pane("dave", transport).Locator("[name=kick]").ClickAsync();
        await tab.PaneIs("dave", transport, "closing", "token_blacklisted, not to come back");

        await tab.Pane("dave", transport).Locator("[name=connect]").ClickAsync();
        await tab.PaneIs("dave", transport, "joined");
    }

    [Test]
    public async Task EndOfASession_ByAnOperator_ConcernsThatSessionAlone()
    {
        await using var tab = await _chromium.Open(_node, Devices("erin"));
        foreach (var transport in Transports)
        {
            await tab.PaneIs("erin", transport, "joined");
        }

        using var answer = await Http.DeleteAsync(new Uri(_node.Api, await tab.SessionPath("erin", "websocket")));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        await tab.PaneIs("erin", "websocket", "closing", "token_blacklisted, not to come back");
        await tab.PaneIs("erin", "sse", "joined");
        await tab.PaneIs("erin", "longpoll", "joined");
    }

    [Test]
    public async Task NodeThatStartsAgain_SaidWhyItLeft_AndItsClientsComeBackByThemselves()
    {
        var node = await GatewayNode.Start(new() { ["DEMO_ENABLED"] = "true" });
        var ports = new Dictionary<string, string?> { ["DEMO_ENABLED"] = "true", ["INBOUND_PORT"] = $"{node.External.Port}", ["API_PORT"] = $"{node.Api.Port}" };
        await using var tab = await _chromium.Open(node, Devices("frank"));
        // A node that stops refuses clients (503) until its port is closed.
        tab.Expects("code: 503", "status of 503", "ERR_CONNECTION_REFUSED");
        foreach (var transport in Transports)
        {
            await tab.PaneIs("frank", transport, "joined");
        }

        await node.DisposeAsync();
        foreach (var transport in Transports)
        {
            // Between two polls nobody is there to be told.
            await Expect(tab.Pane("frank", transport).Locator(".log")).ToContainTextAsync(transport == "longpoll" ? LostOrTold() : Told());
        }

        await using var again = await GatewayNode.Start(ports);
        foreach (var transport in Transports)
        {
            await tab.PaneIs("frank", transport, "joined");
            await Expect(tab.Pane("frank", transport).Locator(".log")).ToContainTextAsync("gap topic_recreated");
        }

        await again.Publish("""{"user":"frank","text":"back again"}""");
        foreach (var transport in Transports)
        {
            await tab.Shows("frank", transport, "back again");
        }
    }

    [Test]
    public async Task ClientThatWasOffline_CatchesUp_InOrder_AndIsLiveAgain()
    {
        await using var tab = await _chromium.Open(_node, Devices("grace"));
        foreach (var transport in Transports)
        {
            await tab.PaneIs("grace", transport, "joined");
        }

        await _node.Publish("""{"user":"grace","text":"before"}""");
        foreach (var transport in Transports)
        {
            await tab.Shows("grace", transport, "before");
            await tab.Offline("grace", transport).ClickAsync();
            await tab.PaneIs("grace", transport, "offline");
            await Expect(tab.Offline("grace", transport)).ToHaveTextAsync(CountsDown());
        }

        await _node.Publish($$"""{"user":"grace","text":"one","timestamp":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}""");
        await tab.Send("grace", "two");
        await Expect(tab.Answer).ToContainTextAsync("202");
        await _node.Publish($$"""{"user":"grace","text":"three","timestamp":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}""");
        foreach (var transport in Transports)
        {
            await tab.PaneIs("grace", transport, "joined");
            await Expect(tab.Offline("grace", transport)).ToHaveTextAsync("Offline for 10 s");
        }

        await tab.Send("grace", "live");
        foreach (var transport in Transports)
        {
            Assert.That(await tab.Shows("grace", transport, "live"), Does.EndWith(" ms"));
            Assert.That(
                await tab.Messages("grace", transport),
                Is.EqualTo(["before", "one: caught up", "two: caught up", "three: caught up", "live"]),
                transport);
        }
    }

    [Test]
    public async Task OfflineClient_ComesBackAtOnce_WhenItsButtonIsPressedAgain()
    {
        await using var tab = await _chromium.Open(_node, "?user=heidi&transport=websocket");
        await tab.PaneIs("heidi", "websocket", "joined");
        await tab.Offline("heidi", "websocket").ClickAsync();
        await tab.PaneIs("heidi", "websocket", "offline");
        await tab.Send("heidi", "missed");
        await Expect(tab.Answer).ToContainTextAsync("202");

        await tab.Offline("heidi", "websocket").ClickAsync();

        await tab.Shows("heidi", "websocket", "missed");
        Assert.That(await tab.Messages("heidi", "websocket"), Is.EqualTo(["missed: caught up"]));
    }

    [Test]
    public async Task Produce_WithoutADefinition_IsSaid_WithWhatToDo()
    {
        await using var tab = await _chromium.Open(_node, "?user=alice");
        tab.Expects("/produce", "ERR_FAILED");
        await tab.PaneIs("alice", "sse", "joined");

        await tab.Send("alice", "to nobody", road: "produce");
        await Expect(tab.Answer).ToContainTextAsync("is there a definition for /produce");
    }

    private static string Devices(string user) => "?" + string.Join('&', Transports.Select(transport => $"user={user}&transport={transport}"));

    [GeneratedRegex(@"^Back in \d+ s$")]
    private static partial Regex CountsDown();

    [GeneratedRegex("closing shutdown")]
    private static partial Regex Told();

    [GeneratedRegex("closing shutdown|lost ")]
    private static partial Regex LostOrTold();
}
