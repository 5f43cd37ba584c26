using System.Globalization;
using Microsoft.Playwright;
using NUnit.Framework;
using RigKafka.IntegrationTests.Demo;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.GettingStarted;

/// <summary>A tab with an example of docs/getting-started/write-a-front-end in it, on a page of another origin than the gateway's.</summary>
internal sealed class ExampleTab(IPage page)
{
    private const string Start =
        """
        ([gateway, user, position, silenceMs, tokens]) => {
          Object.assign(window, { shown: [], reloads: [], ids: [], over: "", asked: 0 });
          const listen = example.listenTogether ?? example.listen;
          window.stopListening = listen({
            gateway,
            user,
            position,
            silenceMs: Number(silenceMs),
            freshToken: async () => tokens.split(" ")[Math.min(window.asked++, tokens.split(" ").length - 1)],
            load: async () => (await (await fetch("/v1/position")).json()).id,
            show: message => window.shown.push(message.n),
            reload: reason => window.reloads.push(reason),
            moved: id => window.ids.push(id),
            ended: reason => { window.over = reason; },
          });
        }
        """;

    public IPage Page => page;

    public static async Task<ExampleTab> Open(Chromium browser, GatewayNode node, string module) => await Prepare(await browser.Open(new Uri(node.Api, "/health/live")), module);

    /// <summary>Another tab of the same person.</summary>
    public async Task<ExampleTab> OpenBeside(string module)
    {
        var beside = await page.Context.NewPageAsync().Soon();
        beside.SetDefaultTimeout((float)Limits.Hang.TotalMilliseconds);
        await beside.GotoAsync(page.Url).Soon();
        return await Prepare(beside, module);
    }

    /// <summary>Runs the example.</summary>
    /// <param name="gateway">Where the node is.</param>
    /// <param name="user">Whose messages it shows.</param>
    /// <param name="position">From where on.</param>
    /// <param name="tokens">Those that it gets, one after the other; the last again and again. By default one that lasts.</param>
    /// <param name="silenceMs">How long its stream may be silent.</param>
    public Task Listen(Uri gateway, string user, string position = "", IReadOnlyList<string>? tokens = null, int silenceMs = 60_000) =>
        page.EvaluateAsync(Start, new[] { gateway.AbsoluteUri.TrimEnd('/'), user, position, $"{silenceMs}", string.Join(' ', tokens ?? [Token.Of(user)]) }).Soon();

    public async Task Shows(int number)
    {
        await Until($"window.shown.length > {number}");
        Assert.That(await page.EvaluateAsync<string>($"`${{window.shown[{number}]}}`").Soon(), Is.EqualTo(number.ToString(CultureInfo.InvariantCulture)));
    }

    public Task Until(string condition) => page.WaitForFunctionAsync($"() => {condition}").Soon();

    public Task<string> Value(string expression) => page.EvaluateAsync<string>($"() => `${{{expression}}}`").Soon();

    private static async Task<ExampleTab> Prepare(IPage page, string module)
    {
        await page.AddScriptTagAsync(new() { Content = await Examples.Bundle(module) }).Soon();
        return new ExampleTab(page);
    }
}
