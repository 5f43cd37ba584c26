namespace RigKafka.Apis;

/// <summary>Writes the definitions of the file into the table, once the table has caught up.</summary>
internal sealed partial class SeedService(ApiTable table, ApiEditor editor, SeedFile file, TimeProvider time, ILogger<SeedService> logger)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private Task _seeding = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _seeding = Seed(_stop.Token);
        if (table.CaughtUp.IsCompleted)
        {
            // Without Kafka the first request already finds its route.
            await _seeding;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _seeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    private async Task Seed(CancellationToken stop)
    {
        await table.CaughtUp.WaitAsync(stop);
        while (file.Hash.Length > 0 && !await editor.Seed(file))
        {
            table.MarkReady();
            LogNotSeeded();
            await Task.Delay(BetweenAttempts, time, stop);
        }

        table.MarkReady();
        LogReady(table.Routes.Count);
    }

    [LoggerMessage(1702, LogLevel.Warning,
        "The API definitions of PROXY_CONFIG_FILE could not be stored yet.",
        EventName = "ApisNotSeeded")]
    private partial void LogNotSeeded();

    [LoggerMessage(1703, LogLevel.Information, "{Routes} routes are proxied.", EventName = "ApisReady")]
    private partial void LogReady(int routes);
}
