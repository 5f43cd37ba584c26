using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;
using static Microsoft.Playwright.Assertions;

namespace RigKafka.IntegrationTests.Operator;

/// <summary>An operator leaves the page open: it goes on by itself, and leaves in peace who reads it.</summary>
internal sealed class OpenPageTests() : OperatorFixture(new() { ["MAX_CONNECTIONS_PER_USER"] = "1", ["KAFKA_HOST"] = "misspelled" })
{
    [Test]
    public async Task ConnectionThatHangs_IsNoticed_AndAnotherOneIsMade()
    {
        using var relay = Relay.To(Node.Api);
        await using var tab = await Open(relay.Address);
        var state = tab.Page.Locator("#node .state");
        await Expect(state).ToHaveTextAsync("ready");

        var held = new TaskCompletionSource();
        relay.HoldAnswers(held.Task);
        await Expect(tab.Page.Locator("#troubles li.bad")).ToHaveTextAsync("The node does not answer: nothing has come from it for 6 s.");
        await Expect(state).ToHaveTextAsync("lost");
        await Expect(tab.Page.Locator("#nodes")).ToHaveTextAsync("The node has not answered within 10 s.");

        // What hangs goes on hanging.
        relay.HoldAnswers(Task.CompletedTask);
        await Expect(tab.Page.Locator("#troubles")).ToHaveTextAsync("Nothing is wrong.");
        await Expect(state).ToHaveTextAsync("ready");
        await Expect(tab.Page.Locator("#nodes tbody tr")).ToHaveCountAsync(1);
        held.SetResult();
    }

    [Test]
    public async Task TableInWhichSomebodyReads_ChangesInPlace()
    {
        await using var tab = await Open(Node.Api);
        await Expect(tab.Page.Locator("#nodes tbody tr")).ToHaveCountAsync(1);
        await tab.Page.EvaluateAsync("""
            () => {
              document.querySelector("#nodes").style.width = "300px";
              const region = document.querySelector("#nodes .scroll");
              region.focus();
              region.scrollLeft = 30;
              getSelection().selectAllChildren(region.querySelector("code"));
            }
            """).Soon();
        var (marked, scrolled) = (await Marked(), await Scrolled());
        Assert.That(marked, Is.Not.Empty);
        Assert.That(scrolled, Is.EqualTo(30));

        await Change(tab, "#nodes [data-head=Up]");

        await Expect(tab.Page.Locator("#nodes .scroll")).ToBeFocusedAsync();
        Assert.That((await Marked(), await Scrolled()), Is.EqualTo((marked, scrolled)));

        Task<string> Marked() => tab.Page.EvaluateAsync<string>("() => getSelection().toString()").Soon();
        Task<int> Scrolled() => tab.Page.EvaluateAsync<int>("() => document.querySelector('#nodes .scroll').scrollLeft").Soon();
    }

    [Test]
    public async Task GroupThatSomebodyOpensByKey_StaysOpen_AndUnderTheKeyboard()
    {
        await using var tab = await Open(Node.Api);
        var group = tab.Page.Locator("#counted details", new() { HasText = "rig_build_info" });
        await group.Locator("summary").FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter").Soon();
        await Expect(group.Locator("dl")).ToBeVisibleAsync();

        await Change(tab, "#node");

        await Expect(group.Locator("summary")).ToBeFocusedAsync();
        await Expect(group.Locator("dl")).ToBeVisibleAsync();
        await tab.Page.Keyboard.PressAsync("Enter").Soon();
        await Change(tab, "#node");
        await Expect(group.Locator("dl")).ToBeHiddenAsync();
    }

    [Test]
    public async Task Warning_OfWhichSomebodyMarksText_StaysAsItIs_WhenAnotherComesAboveIt()
    {
        await using var tab = await Open(Node.Api);
        await tab.Go("warnings");
        var warning = tab.Page.Locator("main li", new() { HasText = "MisspelledSettings" });
        await warning.Locator(".text").EvaluateAsync("text => getSelection().selectAllChildren(text)");
        const string Definition = """{"id":"a","proxy":{"use_env":false,"target_url":"127.0.0.1","port":1},"version_data":{"default":{"endpoints":[{"path":"/books","method":"GET","not_secured":true}]}}}""";
        await Node.Expect(HttpStatusCode.Created, HttpMethod.Post, "/v1/apis", Definition);
        using var failed = await Node.GetExternal("/books");
        await Expect(tab.Page.Locator("main li").First).ToContainTextAsync("ProxyFailed");

        Assert.That(await tab.Page.EvaluateAsync<string>("() => getSelection().toString()").Soon(), Does.Contain("KAFKA_HOST (KAFKA_HOSTS?)"));
    }

    [Test]
    public async Task OnlyNewTroubles_AreReadAloud()
    {
        await using var tab = await Open(Node.Api);
        await Expect(tab.Page.Locator("#troubles")).ToHaveTextAsync("Nothing is wrong.");
        await tab.Page.EvaluateAsync("""
            () => {
              window.heard = [];
              const spoken = node => (node.closest ? node : node.parentElement)?.closest("[aria-live], [role=status], [role=alert], output");
              new MutationObserver(changes => changes.map(change => spoken(change.target)).filter(found => found)
                .forEach(found => window.heard.push(found.textContent))).observe(document, { subtree: true, childList: true, characterData: true });
            }
            """).Soon();
        await Change(tab, "#node");
        await Change(tab, "#node");
        Assert.That(await Heard(), Is.Empty);

        using var only = await Node.Listen("bob");
        foreach (var times in new[] { 1, 2 })
        {
            Assert.That(await Node.TryListen("bob", "another"), Is.EqualTo(HttpStatusCode.TooManyRequests));
            await Expect(tab.Page.Locator("#troubles li")).ToContainTextAsync($"Clients turned away by a limit: {times} within");
        }

        await Change(tab, "#node");
        Assert.That(await Heard(), Is.EqualTo(["Clients turned away by a limit: 1 within the last 15 minutes"]));

        Task<string[]> Heard() => tab.Page.EvaluateAsync<string[]>("() => [...new Set(window.heard)]").Soon();
    }

    [Test]
    public async Task OnAPhone_NothingIsWiderThanTheScreen()
    {
        var user = new string('x', 150);
        using var listener = await Node.Listen(user, new string('j', 150));
        await using var tab = await Open(Node.Api);
        await tab.Page.SetViewportSizeAsync(320, 700).Soon();
        await Expect(tab.Page.Locator("#nodes tbody tr")).ToHaveCountAsync(1);
        await tab.Page.EvaluateAsync("() => document.querySelectorAll('details').forEach(group => group.open = true)").Soon();
        await Fits("overview");

        await tab.Go("find");
        await Expect(await tab.Send("A user", ("user", user))).ToContainTextAsync("is online");
        await Expect(await tab.Send("A session", ("jti", new string('j', 150)))).ToContainTextAsync($"user:{user}");
        await Expect(await tab.Send("Why is this token refused?", ("token", Token.Of(user)))).ToContainTextAsync(user);
        await Expect(await tab.Send("Who would hear this message?", ("message", $$"""{"user":"{{user}}"}"""))).ToContainTextAsync("1");
        await Fits("find");

        await tab.Go("apis");
        await Expect(await tab.Send("Try a path", ("method", "GET"), ("path", $"/{user}"))).Not.ToBeEmptyAsync();
        await Fits("apis");

        await tab.Go("blacklist");
        await Expect(await tab.Send("Shut somebody out", ("kind", "user"), ("name", user), ("seconds", "3600"))).ToContainTextAsync("Shut out until");
        await Expect(tab.Page.Locator("main table tbody tr")).ToHaveCountAsync(1);
        await Fits("blacklist");
        foreach (var part in new[] { "settings", "warnings" })
        {
            await tab.Go(part);
            await Expect(tab.Page.Locator("main :is(table, .log) :is(tr, li)").First).ToBeAttachedAsync();
            await Fits(part);
        }

        async Task Fits(string part) =>
            Assert.That(await tab.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth").Soon(), Is.LessThanOrEqualTo(320), part);
    }

    /// <summary>Waits until the page has shown something newer.</summary>
    private static async Task Change(OperatorTab tab, string part)
    {
        var shown = tab.Page.Locator(part);
        await Expect(shown).Not.ToHaveTextAsync(await shown.InnerTextAsync().Soon());
    }

    private async Task<OperatorTab> Open(Uri address) => new(await Browser.Open(new Uri(address, "/")));
}
