using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Playwright;
using NUnit.Framework;
using RigKafka.IntegrationTests.Demo;
using RigKafka.IntegrationTests.Faults;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Phoenix;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>
/// Each snippet of docs/getting-started that is a script, as it is there: its connection breaks again and again while messages are sent,
/// and its page shows all of them once, in order.
/// </summary>
internal sealed class SnippetTests
{
    private const string User = "alice";

    private static string Expired => Token.Signed($$"""{"user":"{{User}}","roles":[],"exp":1,"jti":"expired"}""");

    private static string Folder => Path.Combine(RepositoryFiles.Root, "docs", "getting-started", "never-miss-a-message");

    private static string NewestPhoenix => Path.Combine("..", "write-a-front-end", "phoenix-1.8.js");

    [OneTimeSetUp]
    public Task Install() => PhoenixClientTests.Installed.Value;

    [TestCase("event-source-polyfill.js", "event-source-polyfill")]
    [TestCase("eventsource-2.js", "eventsource-1")]
    [TestCase("eventsource-2.js", "eventsource-2")]
    [TestCase("eventsource-3.mjs", "eventsource-3")]
    [TestCase("fetch-event-source.js", "@microsoft/fetch-event-source")]
    [TestCase("phoenix.js", "phoenix-1.2")]
    [TestCase("phoenix.js", "phoenix-1.3")]
    [TestCase("phoenix.js", "phoenix-1.4")]
    [TestCase("phoenix.js", "phoenix-1.7")]
    [TestCase("phoenix.js", "phoenix-1.8")]
    public Task Snippet_InNode_ShowsEachMessageOnce(string file, string library) => ShowsEachOnce(file, library);

    /// <summary>The token is not in the address.</summary>
    [Test]
    public Task Snippet_OfTheNewestPhoenix_ShowsEachMessageOnce() => ShowsEachOnce(NewestPhoenix, "phoenix-1.8");

    private static async Task ShowsEachOnce(string file, string library)
    {
        await using var node = await Start();
        using var relay = Relay.To(node.External);
        var position = await Interruptions.Position(node);
        await Interruptions.Publish(node, User, 0, 10);
        await Run(file, library, relay.Address, Token.Of(User), position, async shown => await Interruptions.Expect(node, User, relay, async number =>
            Assert.That((await shown()).GetRawText(), Is.EqualTo($$$"""{"what":"shown","payload":{"user":"{{{User}}}","n":{{{number}}}}}"""))));
    }

    /// <summary>As after a night with the lid closed.</summary>
    [TestCase("phoenix-1.2")]
    [TestCase("phoenix-1.3")]
    [TestCase("phoenix-1.4")]
    [TestCase("phoenix-1.7")]
    [TestCase("phoenix-1.8")]
    public Task Snippet_InNode_WhoseTokenHasExpired_ComesBackWithAFreshOne(string library) => ComesBack("phoenix.js", library);

    [Test]
    public Task Snippet_OfTheNewestPhoenix_WhoseTokenHasExpired_ComesBackWithAFreshOne() => ComesBack(NewestPhoenix, "phoenix-1.8");

    private static async Task ComesBack(string file, string library)
    {
        await using var node = await Start();
        var position = await Interruptions.Position(node);
        await Interruptions.Publish(node, User, 0, 1);
        await Run(file, library, node.External, Expired, position, async shown =>
            Assert.That((await shown()).GetProperty("payload").GetProperty("n").GetInt32(), Is.Zero));
    }

    [Test]
    public async Task Snippet_InABrowser_WhoseTokenHasExpired_ComesBackWithAFreshOne()
    {
        await using var node = await Start();
        using var relay = Relay.To(node.External);
        await using var browser = await Chromium.Start();
        var page = await Open(browser, node, relay, Token.Of(User));

        await page.EvaluateAsync("expired => { window.fresh = 1; listen(expired); }", Expired).Soon();

        await Shows(page, 0);
    }

    [Test]
    public async Task Snippet_InABrowser_ShowsEachMessageOnce()
    {
        await using var node = await Start();
        using var relay = Relay.To(node.External);
        await using var browser = await Chromium.Start();
        var page = await Open(browser, node, relay, Token.Of(User));
        await page.EvaluateAsync("listen(token)").Soon();
        await Interruptions.Expect(node, User, relay, number => Shows(page, number));
        Assert.That(await page.EvaluateAsync<int>("window.opened"), Is.EqualTo(1), "the browser comes back by itself");
    }

    /// <summary>The page opens another stream with a fresh token, twice, while messages come.</summary>
    [Test]
    public async Task Snippet_InABrowser_WhoseTokenEnds_ShowsEachMessageOnce()
    {
        await using var node = await Start(("JWT_EXPIRY_NOTICE_SECONDS", "86400"));
        using var relay = Relay.To(node.External);
        await using var browser = await Chromium.Start();
        var page = await Open(browser, node, relay, Ending());
        var publisher = new Publisher(node.Api, User);
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(() => publisher.Run(stop.Token));
        await page.EvaluateAsync("() => { window.fresh = 2; listen(token); }").Soon();
        await page.WaitForFunctionAsync("window.opened === 3").Soon();
        var seen = await page.EvaluateAsync<int>("window.shown.length").Soon();
        await page.WaitForFunctionAsync("seen => window.shown.length > seen + 10", seen).Soon();
        await stop.CancelAsync();
        await publishing.Soon();
        var last = await publisher.PublishLast();
        for (var number = 0; number <= last; number++)
        {
            await Shows(page, number);
        }

        string Ending() => Token.Signed($$"""{"user":"{{User}}","roles":[],"exp":{{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()}},"jti":"ends"}""");
    }

    private static Task<GatewayNode> Start(params (string Name, string? Value)[] settings) =>
        GatewayNode.Start(new Dictionary<string, string?>(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value))) { ["SSE_RETRY_MS"] = "500" });

    /// <summary>Runs a snippet as long as a test looks at what it shows, one after the other. A fresh token is always to be had.</summary>
    private static async Task Run(string file, string library, Uri gateway, string token, string position, Func<Func<Task<JsonElement>>, Task> look)
    {
        using var program = PhoenixClient.Run(
            "node", "snippet.js", Path.Combine(Folder, file), library, gateway.AbsoluteUri.TrimEnd('/'), token, position, Token.Of(User));
        var shown = Channel.CreateUnbounded<JsonElement>();
        var reading = Read(program, shown.Writer);
        await look(Next);
        program.StandardInput.Close();
        await program.WaitForExitAsync().Soon();
        await reading.Soon();

        async Task<JsonElement> Next()
        {
            var next = await shown.Reader.ReadAsync().Soon();
            return next.GetProperty("what").GetString() == "running" ? await Next() : next;
        }
    }

    private static async Task Read(Process program, ChannelWriter<JsonElement> to)
    {
        while (await program.StandardOutput.ReadLineAsync() is { } line)
        {
            to.TryWrite(JsonElement.Parse(line));
        }
    }

    /// <summary>A page of another origin that has the position in it, and ten messages since.</summary>
    private static async Task<IPage> Open(Chromium browser, GatewayNode node, Relay relay, string token)
    {
        var page = await browser.Open(new Uri(node.Api, "/health/live"));
        var position = await Interruptions.Position(node);
        await Interruptions.Publish(node, User, 0, token == Token.Of(User) ? 10 : 0);
        await page.EvaluateAsync(
            """
            ([gateway, token, position]) => {
              const Native = window.EventSource;
              Object.assign(window, { gateway, token, page: { position }, shown: [], opened: 0, fresh: 0 });
              window.show = message => window.shown.push(JSON.stringify(message.n ?? message));
              window.reload = reason => window.shown.push(`reloaded: ${reason}`);
              window.freshToken = () => window.fresh-- > 0 ? Promise.resolve(token) : new Promise(() => {});
              window.EventSource = function (address) { window.opened++; return new Native(address); };
              window.EventSource.CLOSED = Native.CLOSED;
            }
            """,
            new[] { relay.Address.AbsoluteUri.TrimEnd('/'), token, position }).Soon();
        await page.AddScriptTagAsync(new() { Content = await File.ReadAllTextAsync(Path.Combine(Folder, "event-source.js")) }).Soon();
        return page;
    }

    private static async Task Shows(IPage page, int number)
    {
        await page.WaitForFunctionAsync("number => window.shown.length > number", number).Soon();
        Assert.That(await page.EvaluateAsync<string>("number => window.shown[number]", number).Soon(), Is.EqualTo(number.ToString(CultureInfo.InvariantCulture)));
    }
}
