using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;
using static Microsoft.Playwright.Assertions;

namespace RigKafka.IntegrationTests.Operator;

/// <summary>An operator looks at a node and acts on it, in a real browser.</summary>
internal sealed partial class OperatorPageTests() : OperatorFixture(new() { ["MAX_CONNECTIONS_PER_USER"] = "2", ["SESSION_ROLE"] = "operator" })
{
    private const string ApiToken = "the-token-of-these-tests";
    private const string Hostile = "<img src=x onerror=alert(1)>";

    [Test]
    public async Task Overview_ShowsTheNodesAndTheirTraffic_EachFigureWithItsMetric()
    {
        await using var tab = await Open();
        await Expect(tab.Page.Locator("#troubles")).ToHaveTextAsync("Nothing is wrong.");
        using var alice = await Node.Listen("alice");
        using var again = await Node.Listen("alice");
        await Node.Publish("""{"user":"alice"}""");
        await Expect(Chart(tab, "Connections").Locator(".now")).ToHaveTextAsync("2");
        await Expect(Chart(tab, "Connections").Locator(".metric")).ToHaveTextAsync("rig_connections");
        await Expect(Chart(tab, "Deliveries a second").Locator(".most")).ToHaveTextAsync(Rate());
        await Expect(Chart(tab, "Connections").Locator("path.line")).ToHaveAttributeAsync("d", Line());
        await Expect(Counted(tab, "rig_deliveries_total")).ToHaveTextAsync("2");
        await Expect(Counted(tab, "rig_messages_published_total")).ToContainTextAsync("stored");
        await Expect(tab.Page.Locator("#nodes tbody tr")).ToHaveCountAsync(1);
        await Expect(tab.Page.Locator("#nodes tbody tr")).ToContainTextAsync("this one");
        await Expect(tab.Page.Locator("#nodes [data-head=SSE]")).ToHaveTextAsync("2");
    }

    [Test]
    public async Task Overview_SaysWhatIsWrong_InWordsAndFirst()
    {
        await using var tab = await Open();
        using var one = await Node.Listen("bob");
        using var two = await Node.Listen("bob");
        Assert.That(await Node.TryListen("bob", "another"), Is.EqualTo(HttpStatusCode.TooManyRequests));

        var trouble = tab.Page.Locator("#troubles li");
        await Expect(trouble).ToHaveTextAsync("Clients turned away by a limit: 1 within the last 15 minutesrig_connections_refused_total");
    }

    [Test]
    public async Task Overview_OfANodeThatEnds_SaysSo()
    {
        var node = await GatewayNode.Start();
        await using var tab = await Open(node, "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "503", "ERR_CONNECTION_RESET");
        await Expect(tab.Page.Locator("#troubles")).ToHaveTextAsync("Nothing is wrong.");
        await node.DisposeAsync();
        await Expect(tab.Page.Locator("#troubles li.bad").First).ToHaveTextAsync(Gone());
    }

    [Test]
    public async Task Token_IsAskedFor_AndKeptInTheTabOnly()
    {
        await using var node = await GatewayNode.Start(new() { ["API_TOKEN"] = ApiToken });
        await using var tab = await Open(node, "status of 401");
        var dialog = tab.Page.Locator("dialog#token");
        await Expect(dialog).ToBeVisibleAsync();
        await dialog.Locator("input").FillAsync("another");
        await dialog.Locator("button").ClickAsync();
        await Expect(dialog.Locator("#refused")).ToHaveTextAsync("That is not one of this node's tokens.");
        await dialog.Locator("input").FillAsync(ApiToken);
        await dialog.Locator("button").ClickAsync();
        await Expect(tab.Page.Locator("#troubles")).ToHaveTextAsync("Nothing is wrong.");

        await tab.Page.ReloadAsync().Soon();
        await Expect(tab.Page.Locator("#troubles")).ToHaveTextAsync("Nothing is wrong.");
        await Expect(dialog).ToBeHiddenAsync();

        await using var other = await Open(node, "status of 401");
        await Expect(other.Page.Locator("dialog#token")).ToBeVisibleAsync();
    }

    [Test]
    public async Task FoundUser_HasSessionsWithAddresses_WhichCanBeEnded()
    {
        await using var tab = await Open();
        using var stream = await Node.Listen("carol", "session of carol");
        await Wait.Until(async () => (await (await Node.Call(HttpMethod.Get, "/v1/users/carol")).Content.ReadAsStringAsync()).Contains("session of carol", StringComparison.Ordinal), "carol is listed");
        await tab.Go("find");
        var answer = await tab.Send("A user", ("user", "carol"));
        await Expect(answer).ToContainTextAsync("carol is online since");
        await Expect(answer.Locator("tbody tr")).ToContainTextAsync("127.0.0.1");

        await Expect(await tab.Send("A session", ("jti", "session of carol"))).ToContainTextAsync("user:carol");
        await OperatorTab.PressSurely(answer.GetByRole(AriaRole.Button, new() { Name = "End session" }));
        await Expect(answer).ToContainTextAsync("ended, on every node");
        await SessionCalls.AssertIsToldAndEnded(stream);
        await Expect(await tab.Send("A user", ("user", Hostile))).ToHaveTextAsync($"{Hostile} is not online.");
    }

    [Test]
    public async Task Token_IsJudged_AndWrittenNowhere()
    {
        await using var tab = await Open();
        await tab.Go("find");
        var good = Token.Of("alice");
        var answer = await tab.Send("Why is this token refused?", ("token", good));
        await Expect(answer).ToContainTextAsync("This node accepts it.");
        await Expect(answer).ToContainTextAsync("\"user\": \"alice\"");

        answer = await tab.Send("Why is this token refused?", ("token", good[..^4] + "AAAA"));
        await Expect(answer).ToContainTextAsync("bad_signature It was not signed with JWT_SECRET_KEY");
        Assert.That(Node.Log.All.Select(line => line.Text), Has.None.Contains(good[..20]));
    }

    [Test]
    public async Task Message_IsNotSent_ButItsListenersAreNamed()
    {
        await using var tab = await Open(Node, "status of 400");
        using var stream = await Node.Listen("dave", "session of dave");
        await tab.Go("find");
        await Wait.Until(async () => (await (await Node.Call(HttpMethod.Get, "/v1/users/dave")).Content.ReadAsStringAsync()).Contains("session of dave", StringComparison.Ordinal), "dave is listed");
        var answer = await tab.Send("Who would hear this message?", ("message", """{"user":"dave"}"""));
        await Expect(answer).ToContainTextAsync("It goes to user:dave, which 1 connection of this node listens to, 1 on all nodes.");
        await Expect(answer.Locator("tbody tr")).ToContainTextAsync("session of dave");
        await Expect(await tab.Send("Who would hear this message?", ("message", "[]"))).ToContainTextAsync("expected a message");
        Assert.That((await Node.Metrics()).Sum("rig_messages_published_total"), Is.Zero);
    }

    [Test]
    public async Task Definition_IsAdded_WithEachMistakeAtItsField_AndTriedAndDeleted()
    {
        await using var tab = await Open(Node, "status of 400");
        await tab.Go("apis");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Add a definition" }).ClickAsync();
        var text = tab.Page.Locator("textarea");
        var example = await text.InputValueAsync();
        await text.FillAsync(example.Replace("\"GET\"", "\"GOT\"", StringComparison.Ordinal).Replace("3000", "0", StringComparison.Ordinal));
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(tab.Page.Locator(".mistakes li")).ToHaveCountAsync(2);
        await tab.Page.Locator(".mistakes li", new() { HasText = "method" }).Locator("button").ClickAsync();
        Assert.That(await text.EvaluateAsync<string>("text => text.value.slice(text.selectionStart, text.selectionEnd)"), Is.EqualTo("\"GOT\""));

        await text.FillAsync(example);
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("books is in force, on every node.");
        await Expect(await tab.Send("Try a path", ("method", "GET"), ("path", "/books/1"))).ToContainTextAsync("GET /books/{id} of books takes it, without a token, and calls http://localhost:3000");
        await Expect(await tab.Send("Try a path", ("method", "PUT"), ("path", "/books/1"))).ToContainTextAsync("The path has endpoints, but only for GET.");

        await OperatorTab.PressSurely(tab.Page.GetByRole(AriaRole.Button, new() { Name = "Delete" }));
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("There is no API definition");
    }

    [Test]
    public async Task User_IsShutOut_AndLetInAgain()
    {
        await using var tab = await Open();
        using var stream = await Node.Listen("erin");
        await tab.Go("blacklist");
        await Expect(tab.Page.Locator("main")).ToContainTextAsync("Nobody is on the blacklist.");
        await Expect(await tab.Send("Shut somebody out", ("kind", "user"), ("name", "erin"), ("seconds", "3600"))).ToContainTextAsync("Shut out until");
        await SessionCalls.AssertIsToldAndEnded(stream);
        var row = tab.Page.Locator("tbody tr");
        await Expect(row).ToContainTextAsync("user erin");

        await OperatorTab.PressSurely(row.GetByRole(AriaRole.Button, new() { Name = "Lift" }));
        await Expect(row).ToContainTextAsync("lifted");
        using var back = await Node.Listen("erin");
    }

    [Test]
    public async Task Settings_ThatDiffer_AreFirst_AndSecretsAreHidden()
    {
        await using var tab = await Open();
        await tab.Go("settings");
        var differing = tab.Page.Locator("section", new() { HasText = "Different from the default" });
        await Expect(differing).ToContainTextAsync("SESSION_ROLE");
        await Expect(differing.Locator("tr", new() { HasText = "JWT_SECRET_KEY" }).First).ToContainTextAsync("(hidden)");
        Assert.That(await tab.Page.ContentAsync(), Does.Not.Contain(Token.Secret));
        await tab.Page.Locator("main input[type=search]").FillAsync("session_role");
        await Expect(tab.Page.Locator("tbody tr")).ToHaveCountAsync(1);
    }

    [Test]
    public async Task Warnings_AreShown_WhateverTheLevelOfTheLog()
    {
        await using var node = await GatewayNode.Start(new() { ["KAFKA_HOST"] = "misspelled", ["LOG_LEVEL"] = "error" });
        await using var tab = await Open(node);
        await tab.Go("warnings");
        await Expect(tab.Page.Locator("main li", new() { HasText = "KAFKA_HOST (KAFKA_HOSTS?)" })).ToContainTextAsync("MisspelledSettings");
    }

    [Test]
    public async Task WithoutPresence_ThePageSaysWhatItCannotKnow()
    {
        await using var node = await GatewayNode.Start(new() { ["PRESENCE_ENABLED"] = "false" });
        await using var tab = await Open(node, "status of 404");
        await Expect(tab.Page.Locator("#nodes")).ToContainTextAsync("PRESENCE_ENABLED is false");
        await tab.Go("find");
        await Expect(await tab.Send("A user", ("user", "alice"))).ToContainTextAsync("PRESENCE_ENABLED is false");
    }

    [Test]
    public async Task Page_IsThereUnlessSwitchedOff_AndMayLoadAndCallNothingElse()
    {
        using var page = await Node.GetApi("/");
        Assert.That(page.Headers.GetValues("Content-Security-Policy"), Is.EqualTo(["default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"]));

        await using var without = await GatewayNode.Start(new() { ["OPERATOR_PAGE_ENABLED"] = "false" });
        using var none = await without.GetApi("/");
        using var node = await without.GetApi("/v1/node");
        Assert.That((none.StatusCode, node.StatusCode), Is.EqualTo((HttpStatusCode.NotFound, HttpStatusCode.OK)));
    }

    private static ILocator Chart(OperatorTab tab, string name) => tab.Page.Locator(".chart", new() { HasText = name });

    private static ILocator Counted(OperatorTab tab, string metric) => tab.Page.Locator(".group dl > div", new() { Has = tab.Page.Locator($"code:text-is('{metric}')") }).Locator("dd");

    private async Task<OperatorTab> Open(GatewayNode? node = null, params string[] expected) =>
        new(await Browser.Open(new Uri((node ?? Node).Api, "/")), expected);

    [GeneratedRegex(@"^at most (?!0$)[0-9.]+$")]
    private static partial Regex Rate();

    [GeneratedRegex(@"^M[\d.]+ [\d.]+L")]
    private static partial Regex Line();

    [GeneratedRegex("^The node (does not answer: .*|has ended the stream\\.)$")]
    private static partial Regex Gone();
}
