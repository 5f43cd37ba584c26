using Microsoft.Playwright;
using NUnit.Framework;
using RigKafka.IntegrationTests.Demo;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>A page of another origin with one <c>EventSource</c>, and what that has heard.</summary>
internal sealed class EventSourceTab : IAsyncDisposable
{
    /// <summary>What is heard when the browser has given up.</summary>
    public const string Over = "over";

    private const string Script =
        """
        address => {
          window.stream?.close();
          window.heard = [];
          const stream = window.stream = new EventSource(address);
          for (const name of ["phx_reply", "closing", "gap", "message"]) {
            stream.addEventListener(name, event => stream === window.stream && window.heard.push([name, event.data]));
          }
          stream.addEventListener("error", () => stream.readyState === EventSource.CLOSED && window.heard.push(["over", ""]));
        }
        """;

    private readonly IPage _page;
    private readonly Uri _external;

    private EventSourceTab(IPage page, Uri external) => (_page, _external) = (page, external);

    public static Task<EventSourceTab> Open(Chromium browser, GatewayNode node) => Open(browser, node.Api, node.External);

    /// <param name="browser">The browser.</param>
    /// <param name="page">Where the page is from.</param>
    /// <param name="external">Where its stream is from.</param>
    public static async Task<EventSourceTab> Open(Chromium browser, Uri page, Uri external) =>
        new(await browser.Open(new Uri(page, "/health/live")), external);

    /// <summary>Opens the stream, the one and only time.</summary>
    public Task Listen(string user, string? token = null) =>
        _page.EvaluateAsync(Script, new Uri(_external, $"/socket/sse?users[]={user}&token={token ?? Token.Of(user)}").AbsoluteUri).Soon();

    /// <summary>The name of the first event, or that the browser has given up.</summary>
    public async Task<string> Outcome()
    {
        await _page.WaitForFunctionAsync("() => window.heard.length > 0").Soon();
        return await _page.EvaluateAsync<string>("() => window.heard[0][0]").Soon();
    }

    /// <summary>The data of the first event of this name.</summary>
    public async Task<string> Heard(string name)
    {
        await _page.WaitForFunctionAsync("name => window.heard.some(one => one[0] === name || one[0] === 'over')", name).Soon();
        return await _page.EvaluateAsync<string>("name => (window.heard.find(one => one[0] === name) ?? ['', 'the browser has given up'])[1]", name).Soon();
    }

    /// <summary>The names of all events, in order.</summary>
    public Task<string[]> Names() => _page.EvaluateAsync<string[]>("() => window.heard.map(one => one[0])").Soon();

    /// <summary>The data of all messages, in order.</summary>
    public Task<string[]> Messages() =>
        _page.EvaluateAsync<string[]>("() => window.heard.filter(one => one[0] === 'message').map(one => one[1])").Soon();

    /// <summary>Waits until that many messages have come.</summary>
    public Task HasMessages(int count) =>
        _page.WaitForFunctionAsync("count => window.heard.filter(one => one[0] === 'message').length >= count", count).Soon();

    public async Task IsClosed(string reason) => Assert.That(await Heard("closing"), Is.EqualTo($$"""{"reason":"{{reason}}","reconnect":true}"""));

    /// <summary>Waits until the stream is open, without having been opened anew.</summary>
    public async Task IsIn() => Assert.That(await Heard("phx_reply"), Does.Contain("\"status\":\"ok\""));

    /// <summary>What was heard until now is not asked for any more.</summary>
    public Task Forget() => _page.EvaluateAsync("() => { window.heard = []; }").Soon();

    public async ValueTask DisposeAsync() => await _page.CloseAsync().Soon();
}
