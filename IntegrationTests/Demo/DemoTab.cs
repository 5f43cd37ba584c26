using System.Collections.Concurrent;
using Microsoft.Playwright;
using NUnit.Framework;
using static Microsoft.Playwright.Assertions;

namespace RigKafka.IntegrationTests.Demo;

/// <summary>The demo as a person sees it in one tab. Anything that the browser has to complain of fails the test.</summary>
internal sealed class DemoTab : IAsyncDisposable
{
    private readonly IPage _page;
    private readonly ConcurrentQueue<string> _complaints = new();
    private string[] _expected = [];

    public DemoTab(IPage page)
    {
        _page = page;
        page.SetDefaultTimeout((float)Limits.Hang.TotalMilliseconds);
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !Array.Exists(_expected, message.Text.Contains))
            {
                _complaints.Enqueue(message.Text);
            }
        };
    }

    public string Address => _page.Url;

    public ILocator Answer => _page.Locator("#answer");

    public ILocator Pane(string user, string transport) => _page.Locator($".pane[data-user='{user}'][data-transport='{transport}']");

    public ILocator Offline(string user, string transport) => Pane(user, transport).Locator("[name=offline]");

    public async Task PaneIs(string user, string transport, string state, string? why = null)
    {
        var pane = Pane(user, transport);
        await Expect(pane.Locator(".state")).ToHaveTextAsync(state);
        if (why is not null)
        {
            await Expect(pane.Locator(".why")).ToHaveTextAsync(why);
        }
    }

    /// <summary>The messages that a pane shows, the oldest first, each with its mark if it was missed before.</summary>
    public Task<string[]> Messages(string user, string transport) => Pane(user, transport).Locator(".log .message").EvaluateAllAsync<string[]>(
        "all => all.reverse().map(one => [one.querySelector('.text'), one.querySelector('.caught')].filter(part => part).map(part => part.textContent).join(': '))");

    /// <summary>Waits until a pane shows a message, and gives the time that it says it took; empty if it cannot know.</summary>
    public async Task<string> Shows(string user, string transport, string text)
    {
        var message = Pane(user, transport).Locator(".log .message").Filter(new() { HasText = text });
        await Expect(message).ToHaveCountAsync(1);
        return string.Concat(await message.Locator(".latency").AllTextContentsAsync());
    }

    public async Task Send(string user, string text, string road = "messages")
    {
        await _page.Locator("#send [name=to]").FillAsync(user);
        await _page.Locator("#send [name=text]").FillAsync(text);
        await _page.Locator($"#send [value={road}]").CheckAsync();
        await _page.Locator("#send .primary").ClickAsync();
    }

    /// <summary>What an operator has to DELETE to end the session of a pane, as the page says it.</summary>
    public async Task<string> SessionPath(string user, string transport)
    {
        var title = await Pane(user, transport).Locator("[name=kick]").GetAttributeAsync("title");
        Assert.That(title, Does.StartWith("DELETE /v1/"));
        return title!["DELETE ".Length..];
    }

    /// <summary>What the browser may complain of here.</summary>
    public void Expects(params string[] complaints) => _expected = complaints;

    public async ValueTask DisposeAsync()
    {
        await _page.CloseAsync().Soon();
        Assert.That(_complaints, Is.Empty, "the browser's console");
    }
}
