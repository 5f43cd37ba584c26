using RigKafka.Connections;
using RigKafka.Log;

namespace RigKafka.Delivery;

/// <summary>
/// Ends a node in good order: gives balancers time to notice, makes safe what was accepted, then tells and ends the streams, one after another;
/// only then does the server stop listening.
/// </summary>
internal sealed partial class ShutdownService(
    IMessageLog log, ConnectionRegistry registry, ShutdownOptions options, StopSignals signals, TimeProvider time, ILogger<ShutdownService> logger)
    : IHostedLifecycleService
{
    /// <summary>The time for which the end of one stream stretches the end of all.</summary>
    private const int PerStreamMs = 1;

    private const int LastWordsMs = 1_000;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <summary>Called before any service is stopped.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.ShutdownTimeoutMs), time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(over.Token, signals.Hurry);
        if (options.DelayMs > 0 && !hurry.IsCancellationRequested)
        {
            LogServing(options.DelayMs);
            await Wait(TimeSpan.FromMilliseconds(options.DelayMs), hurry.Token);
        }

        registry.IsShut = true;
        LogStopping(registry.Open);
        await MakeSafe(over.Token);
        await EndStreams(hurry.Token);
        try
        {
            await registry.WhenAllClosed().WaitAsync(over.Token);
        }
        catch (OperationCanceledException)
        {
            LogBrokenOff(registry.Open);
        }
    }

    private async Task MakeSafe(CancellationToken over)
    {
        // Streams have their time afterwards, and their clients some for the last words, even if the log does not answer.
        var left = options.ShutdownTimeoutMs - options.DelayMs - options.DrainMs;
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(left - Math.Min(LastWordsMs, left / 2)), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, signals.Now, over);
        try
        {
            await log.Drain(either.Token);
        }
        catch (OperationCanceledException)
        {
            LogNotDrained();
        }
    }

    private async Task EndStreams(CancellationToken hurry)
    {
        var streams = registry.Open;
        var pace = Math.Min(options.DrainMs, (long)PerStreamMs * streams);
        var began = time.GetTimestamp();
        for (var told = 0; told < streams && pace > Step.TotalMilliseconds && !hurry.IsCancellationRequested;)
        {
            await Wait(Step, hurry);
            var due = (int)Math.Min(streams, streams * (long)time.GetElapsedTime(began).TotalMilliseconds / pace);
            registry.CloseSome(CloseReason.Shutdown, due - told);
            told = due;
        }

        // Loops have not all as many, and some streams came in meanwhile.
        if (pace > Step.TotalMilliseconds && !hurry.IsCancellationRequested)
        {
            registry.CloseSome(CloseReason.Shutdown, int.MaxValue);
        }

        registry.CloseAll(CloseReason.Shutdown);
    }

    private async Task Wait(TimeSpan most, CancellationToken cancellation) =>
        await Task.Delay(most, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1510, LogLevel.Information, "Stopping: ending {Connections} connections.", EventName = "Stopping")]
    private partial void LogStopping(int connections);

    [LoggerMessage(1513, LogLevel.Information, "Stopping: serving for {DelayMs} ms more, as SHUTDOWN_DELAY_MS says.", EventName = "ServingOn")]
    private partial void LogServing(int delayMs);

    [LoggerMessage(
        1511, LogLevel.Warning, "Stopping: the log could not make everything safe in its time: SHUTDOWN_TIMEOUT_MS less SHUTDOWN_DELAY_MS, DRAIN_MS and a second, or until a second signal.", EventName = "NotDrained")]
    private partial void LogNotDrained();

    [LoggerMessage(
        1512, LogLevel.Warning, "Stopping: {Connections} connections did not end within SHUTDOWN_TIMEOUT_MS and are broken off.",
        EventName = "BrokenOff")]
    private partial void LogBrokenOff(int connections);
}
