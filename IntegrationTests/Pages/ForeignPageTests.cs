using NUnit.Framework;
using RigKafka.IntegrationTests.Demo;
using RigKafka.IntegrationTests.Nodes;
using static Microsoft.Playwright.Assertions;

namespace RigKafka.IntegrationTests.Pages;

/// <summary>What a web page of somebody else can do to the API port of the machine that the browser runs on, in a real browser.</summary>
internal sealed class ForeignPageTests
{
    private const string Definition = """{"id":"evil","version_data":{"default":{"endpoints":[{"path":"/login","method":"POST","not_secured":true}]}},"proxy":{"use_env":false,"target_url":"evil.example","port":80}}""";

    /// <summary>Sends a request in a way that asks nobody before, and says what the page could learn of the answer.</summary>
    private const string Fetch = """
        async ([address, method, body, type]) => {
          try {
            const answer = await fetch(address, {method, mode: 'no-cors', body: body && new Blob([body], {type})});
            return `${answer.type} ${answer.status}`;
          } catch (failure) { return `${failure.name}`; }
        }
        """;

    private const string Read = "async ([address, method, body]) => { try { const answer = await fetch(address, {method, body, headers: body ? {'content-type': 'application/json'} : {}}); return `${answer.status} ${await answer.text()}`; } catch (failure) { return failure.name; } }";

    private Chromium _chromium = null!;
    private Site _site = null!;
    private GatewayNode _node = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _chromium = await Chromium.Start("--host-resolver-rules=MAP *.example 127.0.0.1");
        _node = await GatewayNode.Start(new() { ["DEMO_ENABLED"] = "true", ["PRIVILEGED_ROLES"] = "admin" });
        _site = await Site.Start($"""
            <!doctype html><title>Somebody else's</title>
            <a id="link" href="{_node.Api}demo">the demo</a>
            <form id="form" method="post" action="{_node.Api}v1/messages"><input name="user" value="alice"><button id="send">send</button></form>
            """);
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
            await _site.DisposeAsync();
        }
    }

    private string Address => $"http://evil.example:{_site.Port}/";

    [TestCase("/v1/apis", "")]
    [TestCase("/v1/apis", "text/plain")]
    [TestCase("/v1/messages", "application/x-www-form-urlencoded")]
    [TestCase("/v1/messages?user=alice", "")]
    [TestCase("/v1/messages?user=alice", "text/plain")]
    public async Task Post_ThatNeedsNoPreflight_ChangesNothing(string path, string type)
    {
        using var alice = await _node.Listen("alice");
        await using var tab = await Open(Address);
        var body = path == "/v1/apis" ? Definition : "user=alice";
        Assert.That(await tab.Page.EvaluateAsync<string>(Fetch, new[] { new Uri(_node.Api, path).AbsoluteUri, "POST", body, type }), Is.EqualTo("opaque 0"), "the request went out");

        using var apis = await _node.GetApi("/v1/apis");
        Assert.That(await apis.Content.ReadAsStringAsync(), Is.EqualTo("[]"));
        await ExpectNothingSentTo(alice);
    }

    [Test]
    public async Task Form_IsAnsweredWith403_AndNothingIsSent()
    {
        using var alice = await _node.Listen("alice");
        await using var tab = await Open(Address);
        var answer = await tab.Page.RunAndWaitForResponseAsync(() => tab.Page.Locator("#send").ClickAsync(), response => response.Request.Method == "POST").Soon();
        Assert.That(answer.Status, Is.EqualTo(403));
        await Expect(tab.Page.Locator("body")).ToContainTextAsync("API_ALLOWED_ORIGINS");
        await ExpectNothingSentTo(alice);
    }

    [Test]
    public async Task Link_OpensTheDemo_WhichWorks()
    {
        await using var tab = await Open(Address);
        await tab.Page.Locator("#link").ClickAsync().Soon();
        await Expect(tab.Page.Locator(".pane[data-user='alice'] .state")).ToHaveTextAsync("joined");
    }

    [TestCase("/demo/token?user=alice")]
    [TestCase("/v1/apis")]
    [TestCase("/metrics")]
    [TestCase("/demo")]
    public async Task ReboundName_ReadsNothing(string path)
    {
        await using var tab = await Open($"http://rebound.example:{_node.Api.Port}/health");
        var read = await tab.Page.EvaluateAsync<string>(Read, new[] { path, "GET", null }).Soon();
        Assert.That(read, Does.StartWith("421 {\"errors\""));
        Assert.That(read, Does.Contain("API_ALLOWED_HOSTS"));
    }

    [Test]
    public async Task AllowedOrigin_CallsAndReads()
    {
        await using var node = await GatewayNode.Start(new() { ["API_ALLOWED_ORIGINS"] = Address.TrimEnd('/') });
        await using var tab = await Open(Address);
        var messages = new Uri(node.Api, "/v1/messages").AbsoluteUri;
        Assert.That(await tab.Page.EvaluateAsync<string>(Read, new[] { messages, "POST", """{"user":"alice"}""" }).Soon(), Is.EqualTo("202 message queued for transport"));

        await using var foreign = await Open($"http://other.example:{_site.Port}/");
        Assert.That(await foreign.Page.EvaluateAsync<string>(Read, new[] { messages, "POST", """{"user":"alice"}""" }).Soon(), Is.EqualTo("TypeError"), "its browser asked first");
    }

    private async Task<Tab> Open(string address) => new(await _chromium.Open(new Uri(address)));

    /// <summary>What comes first is what a back-end sends afterwards.</summary>
    private async Task ExpectNothingSentTo(SseClient alice)
    {
        const string Marker = """{"user":"alice","from":"a back-end"}""";
        await _node.Publish(Marker);
        Assert.That((await alice.Next("message")).Data, Is.EqualTo(Marker));
    }
}
