namespace RigKafka.Log;

/// <summary>
/// Keeps a table up to date while the node runs, and removes what expired long ago. A node that cannot have its table stops.
/// </summary>
internal sealed partial class TableService(ITable table, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<TableService> logger)
    : BackgroundService
{
    /// <summary>How long after its expiry an entry is kept: clocks differ, and a node that is behind may extend it.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var sweeping = Sweep(stoppingToken);
            await table.Run(stoppingToken);
            await sweeping;
        }
        catch (TableRefusedException refusal)
        {
            Environment.ExitCode = 1;
            LogRefused(refusal.Message);
            lifetime.StopApplication();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Environment.ExitCode = 1;
            throw;
        }
    }

    private async Task Sweep(CancellationToken cancellation)
    {
        await table.CaughtUp.WaitAsync(cancellation);
        while (true)
        {
            // Not all nodes at once, since one is enough.
            await Task.Delay(BetweenSweeps * (0.5 + Random.Shared.NextDouble()), time, cancellation);
            foreach (var key in table.ExpiredFor(Kept))
            {
                cancellation.ThrowIfCancellationRequested();
                if (await table.RemoveExpired(key, Kept) != AppendOutcome.Stored)
                {
                    break;
                }
            }
        }
    }

    [LoggerMessage(1058, LogLevel.Critical, "{Reason}", EventName = "TableRefused")]
    private partial void LogRefused(string reason);
}
