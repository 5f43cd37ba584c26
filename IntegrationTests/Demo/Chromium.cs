using Microsoft.Playwright;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Demo;

/// <summary>A headless browser, the one of the machine: none is fetched. Where there is none the tests are skipped.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Chromium> Start(params string[] arguments)
    {
        var program = Find();
        if (program is null)
        {
            Missing.Skip("a browser", "install chromium");
        }

        Assertions.SetDefaultExpectTimeout((float)Limits.Hang.TotalMilliseconds);
        var playwright = await Microsoft.Playwright.Playwright.CreateAsync().Soon();
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-proxy-server", .. arguments], Timeout = (float)Limits.Hang.TotalMilliseconds }).Soon();
        return new Chromium(playwright, browser);
    }

    /// <summary>The demo of a node, in a window of its own.</summary>
    public async Task<DemoTab> Open(GatewayNode node, string query = "", ViewportSize? size = null)
    {
        var page = await _browser.NewPageAsync(new() { ViewportSize = size ?? new ViewportSize { Width = 1280, Height = 900 } }).Soon();
        var tab = new DemoTab(page);
        await page.GotoAsync(new Uri(node.Api, $"/demo{query}").AbsoluteUri).Soon();
        return tab;
    }

    /// <summary>Another page, in a window of its own, which may have more tabs.</summary>
    public async Task<IPage> Open(Uri address)
    {
        var window = await _browser.NewContextAsync().Soon();
        var page = await window.NewPageAsync().Soon();
        page.SetDefaultTimeout((float)Limits.Hang.TotalMilliseconds);
        await page.GotoAsync(address.AbsoluteUri).Soon();
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.CloseAsync().Soon();
        _playwright.Dispose();
    }

    private static string? Find() =>
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
         from name in Names
         select Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
