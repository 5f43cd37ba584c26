using System.Collections.Concurrent;
using Microsoft.Playwright;
using NUnit.Framework;
using static Microsoft.Playwright.Assertions;

namespace RigKafka.IntegrationTests.Operator;

/// <summary>The operator's page as a person sees it in one tab. Anything that the browser has to complain of fails the test.</summary>
internal sealed class OperatorTab : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = new();

    public OperatorTab(IPage page, params string[] expected)
    {
        Page = page;
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !Array.Exists(expected, message.Text.Contains))
            {
                _complaints.Enqueue(message.Text);
            }
        };
    }

    public IPage Page { get; }

    /// <summary>Goes to another part of the page.</summary>
    public async Task Go(string part)
    {
        await Page.Locator($"nav a[href='#{part}']").ClickAsync();
        await Expect(Page.Locator($"main.{part}")).ToBeVisibleAsync();
    }

    /// <summary>Fills in a form and sends it; gives where the answer is shown.</summary>
    public async Task<ILocator> Send(string title, params (string Field, string Value)[] fields)
    {
        var form = Page.Locator($"form[aria-label='{title}']");
        foreach (var (field, value) in fields)
        {
            var input = form.Locator($"[name={field}]");
            await (await input.EvaluateAsync<string>("input => input.tagName") == "SELECT" ? input.SelectOptionAsync(value) : input.FillAsync(value));
        }

        await form.Locator(".fields button").ClickAsync();
        return form.Locator(".answer");
    }

    /// <summary>Presses a button that asks whether its user is sure, and says yes.</summary>
    public static async Task PressSurely(ILocator button)
    {
        await button.ClickAsync();
        await button.Page.GetByRole(AriaRole.Button, new() { NameRegex = new(": sure\\?$") }).ClickAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Page.CloseAsync().Soon();
        Assert.That(_complaints, Is.Empty, "the browser's console");
    }
}
