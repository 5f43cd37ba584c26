using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Demo;
using RigKafka.IntegrationTests.Faults;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;
using RigKafka.IntegrationTests.Sse;

namespace RigKafka.IntegrationTests.GettingStarted;

/// <summary>Each module of docs/getting-started/write-a-front-end, as it is there, in a browser.</summary>
internal sealed class FrontEndTests
{
    private const string User = "alice";
    private const string WithEventSource = "listen.mjs";
    private const string WithFetch = "fetch.mjs";
    private const string ForTabs = "tabs.mjs";

    private Chromium _browser = null!;

    private static string ForReact => Path.Combine(RepositoryFiles.Root, "IntegrationTests", "GettingStarted", "react-page.mjs");

    private static string Expired => Token.Signed($$"""{"user":"{{User}}","roles":[],"exp":1,"jti":"expired"}""");

    [OneTimeSetUp]
    public async Task StartTheBrowser() => _browser = await Chromium.Start();

    [OneTimeTearDown]
    public async Task EndTheBrowser()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
    }

    [TestCase(WithEventSource)]
    [TestCase(WithFetch)]
    public async Task Module_WhoseConnectionBreaks_ShowsEachMessageOnce(string module)
    {
        await using var node = await Start();
        using var relay = Relay.To(node.External);
        var tab = await ExampleTab.Open(_browser, node, module);
        var position = await Interruptions.Position(node);
        await Interruptions.Publish(node, User, 0, 10);

        await tab.Listen(relay.Address, User, position);

        await Interruptions.Expect(node, User, relay, tab.Shows);
        await tab.Until("window.ids.length > window.shown.length");
        Assert.That(await tab.Value("window.reloads.length"), Is.EqualTo("0"));
    }

    /// <summary>It opens another stream with a fresh token, twice, while messages come.</summary>
    [TestCase(WithEventSource)]
    [TestCase(WithFetch)]
    public async Task Module_WhoseTokenEnds_ShowsEachMessageOnce(string module)
    {
        await using var node = await Start(("JWT_EXPIRY_NOTICE_SECONDS", "86400"));
        var tab = await ExampleTab.Open(_browser, node, module);
        var publisher = new Publisher(node.Api, User);
        using var stop = new CancellationTokenSource();
        var position = await Interruptions.Position(node);
        var publishing = Task.Run(() => publisher.Run(stop.Token));

        await tab.Listen(node.External, User, position, [Ending("1"), Ending("2"), Token.Of(User)]);

        await tab.Until("window.asked === 3");
        var seen = await tab.Value("window.shown.length");
        await tab.Until($"window.shown.length > {seen} + 10");
        await stop.CancelAsync();
        await publishing.Soon();
        var last = await publisher.PublishLast();
        for (var number = 0; number <= last; number++)
        {
            await tab.Shows(number);
        }

        static string Ending(string session) =>
            Token.Signed($$"""{"user":"{{User}}","roles":[],"exp":{{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()}},"jti":"{{session}}"}""");
    }

    /// <summary>As after a night with the lid closed: the browser alone would stay away.</summary>
    [TestCase(WithEventSource)]
    [TestCase(WithFetch)]
    public async Task Module_WhoseTokenHasExpired_ComesBackWithAFreshOne(string module)
    {
        await using var node = await Start();
        var tab = await ExampleTab.Open(_browser, node, module);
        var position = await Interruptions.Position(node);
        await Interruptions.Publish(node, User, 0, 1);

        await tab.Listen(node.External, User, position, [Expired, Token.Of(User)]);

        await tab.Shows(0);
    }

    [TestCase(WithEventSource)]
    [TestCase(WithFetch)]
    public async Task Module_WhoseSessionIsEnded_SaysSo(string module)
    {
        await using var node = await Start();
        var tab = await ExampleTab.Open(_browser, node, module);
        await tab.Listen(node.External, User);
        await Wait.Until(() => node.Registry.Open == 1, "the stream is open");

        await node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, $"/v1/users/{User}/sessions/{Uri.EscapeDataString(Token.SessionOf(User))}");

        await tab.Until("window.over === 'token_blacklisted'");
    }

    [TestCase(WithEventSource)]
    [TestCase(WithFetch)]
    public async Task Module_ThatMayHaveMissedMessages_LoadsTheStateAgain(string module)
    {
        await using var node = await Start();
        var tab = await ExampleTab.Open(_browser, node, module);

        await tab.Listen(node.External, User, "nonsense");

        await tab.Until("window.reloads.join() === 'unknown_position'");
    }

    /// <summary>As on a phone whose network is another one: the stream is dead, and nobody says so.</summary>
    [TestCase(WithEventSource)]
    [TestCase(WithFetch)]
    public async Task Module_WhoseStreamIsSilent_OpensAnother(string module)
    {
        await using var node = await Start(("HEARTBEAT_INTERVAL_MS", "200"));
        using var relay = Relay.To(node.External);
        var tab = await ExampleTab.Open(_browser, node, module);
        await tab.Listen(relay.Address, User, await Interruptions.Position(node), silenceMs: 3_000);
        await Interruptions.Publish(node, User, 0, 1);
        await tab.Shows(0);
        var asked = await tab.Value("window.asked");

        var never = new TaskCompletionSource();
        relay.HoldAnswers(never.Task);
        await Interruptions.Publish(node, User, 1, 1);
        await tab.Until($"window.asked > {asked}");
        relay.HoldAnswers(Task.CompletedTask);

        await tab.Shows(1);
        never.SetResult();
    }

    [Test]
    public async Task Tabs_HaveOneStream_AndTheNextOneGoesOn()
    {
        await using var node = await Start();
        var first = await ExampleTab.Open(_browser, node, ForTabs);
        await first.Listen(node.External, User);
        await Wait.Until(() => node.Registry.Open == 1, "the first tab has a stream");
        var second = await first.OpenBeside(ForTabs);
        await second.Listen(node.External, User);
        await Wait.Until(async () => await second.Page.EvaluateAsync<int>("async () => (await navigator.locks.query()).pending.length") == 1, "the second tab waits for the lock");

        await Interruptions.Publish(node, User, 0, 10);
        await first.Shows(9);
        await second.Shows(9);
        Assert.That(node.Registry.Open, Is.EqualTo(1));

        var closing = first.Page.CloseAsync();
        await Interruptions.Publish(node, User, 10, 10);
        await closing.Soon();
        await Interruptions.Publish(node, User, 20, 10);
        for (var number = 0; number < 30; number++)
        {
            await second.Shows(number);
        }

        Assert.That(await second.Value("window.asked"), Is.EqualTo("1"), "it has opened one stream");
    }

    [Test]
    public async Task Hook_ShowsEachMessageOnce()
    {
        await using var node = await Start();
        using var relay = Relay.To(node.External);
        var tab = await ExampleTab.Open(_browser, node, ForReact);
        var position = await Interruptions.Position(node);
        await Interruptions.Publish(node, User, 0, 10);

        await tab.Listen(relay.Address, User, position);

        await Interruptions.Expect(node, User, relay, async number =>
        {
            await tab.Until($"document.querySelectorAll('li').length > {number}");
            Assert.That(await tab.Value($"document.querySelectorAll('li')[{number}].textContent"), Is.EqualTo($"{number}"));
        });
    }

    private static Task<GatewayNode> Start(params (string Name, string? Value)[] settings) =>
        GatewayNode.Start(new Dictionary<string, string?>(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value))) { ["SSE_RETRY_MS"] = "500" });
}
