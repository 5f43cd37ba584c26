using RigKafka.Log;

namespace RigKafka.Presence;

/// <summary>
/// Writes this node's part of the presence table: its heartbeat, and what the roster and
/// the table differ in. Removes what dead nodes left there.
/// </summary>
internal sealed partial class PresenceService(
    PresenceRoster roster, PresenceIndex index, PresenceTopics topics, TimeProvider time, ILogger<PresenceService> logger)
    : BackgroundService, IHostedLifecycleService
{
    /// <summary>
    /// A node counts as dead after six that it missed: it is noticed within 30 s, and a node
    /// that hangs for less than 20 s does not count as dead.
    /// </summary>
    public static readonly TimeSpan BetweenHeartbeats = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan BeforeTryingAgain = TimeSpan.FromSeconds(1);

    /// <summary>How long the end of this node waits until the table shows that it left.</summary>
    private static readonly TimeSpan LeaveTaking = TimeSpan.FromSeconds(2);

    /// <summary>How many writes are under way at once.</summary>
    private const int MostAtOnce = 1000;

    private Task<AppendOutcome>? _left;

    /// <summary>Called before any service is stopped.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        topics.FallSilent();
        _left = roster.TakeLeave();
        return Task.CompletedTask;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_left is { } left && !await HasLeft(left, cancellationToken))
        {
            LogNotLeft();
        }

        await base.StopAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await index.CaughtUp.WaitAsync(stoppingToken);
        // Neither is of use without the other.
        await await Task.WhenAny(WriteOn(stoppingToken), Beat(stoppingToken));
    }

    private async Task Beat(CancellationToken cancellation)
    {
        for (var number = 1L; ; number++)
        {
            while (await roster.Beat(number) != AppendOutcome.Stored)
            {
                await Task.Delay(BeforeTryingAgain, time, cancellation);
            }

            // Some at a time, so that the next heartbeat is not late.
            await index.RemoveAbandoned(MostAtOnce);
            await Task.Delay(BetweenHeartbeats, time, cancellation);
        }
    }

    private async Task WriteOn(CancellationToken cancellation)
    {
        while (true)
        {
            var isWell = true;
            foreach (var keys in (await roster.Difference.Take(cancellation)).Chunk(MostAtOnce))
            {
                if (isWell)
                {
                    isWell = await Write(keys);
                }
                else
                {
                    Array.ForEach(keys, roster.Difference.Compare);
                }
            }

            if (!isWell)
            {
                await Task.Delay(BeforeTryingAgain, time, cancellation);
            }
        }
    }

    /// <summary>Returns whether the table takes what is written.</summary>
    private async Task<bool> Write(string[] keys)
    {
        var outcomes = await Task.WhenAll(roster.Difference.Begin(keys).Select(async write =>
        {
            var outcome = await roster.Write(write.Key);
            roster.Difference.End(write.Key, write.WasDoubtful, outcome);
            return outcome;
        }));
        var tooLarge = outcomes.Count(outcome => outcome == AppendOutcome.TooLarge);
        if (tooLarge > 0)
        {
            LogTooLarge(tooLarge);
        }

        return Array.TrueForAll(outcomes, outcome => outcome is AppendOutcome.Stored or AppendOutcome.TooLarge);
    }

    private async Task<bool> HasLeft(Task<AppendOutcome> left, CancellationToken cancellation)
    {
        try
        {
            return await left.WaitAsync(LeaveTaking, time, cancellation) == AppendOutcome.Stored;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(1900, LogLevel.Warning,
        "Presence: {Entries} channels are not listed, since their tokens' claims are too large for the table.",
        EventName = "PresenceTooLarge")]
    private partial void LogTooLarge(int entries);

    [LoggerMessage(1901, LogLevel.Information,
        "Presence: this node could not tell the others that it stops; they list its clients until they miss its heartbeats.",
        EventName = "PresenceNotLeft")]
    private partial void LogNotLeft();
}
