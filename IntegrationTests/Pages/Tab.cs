using Microsoft.Playwright;

namespace RigKafka.IntegrationTests.Pages;

/// <summary>One tab of the browser, closed when it is done with.</summary>
internal sealed class Tab(IPage page) : IAsyncDisposable
{
    public IPage Page => page;

    public async ValueTask DisposeAsync() => await page.CloseAsync().Soon();
}
