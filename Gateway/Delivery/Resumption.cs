using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Delivery;

/// <summary>Where the node was when a client joined: it is given what it missed up to there, and hears what comes from there on.</summary>
/// <param name="Position">The node's position.</param>
/// <param name="Head">The place in the history that belongs to it.</param>
internal sealed record JoinPoint(Position Position, long Head);

/// <summary>
/// Lets a client that comes back go on from its id: what it missed comes first, or a gap that tells it that something may be missing. It
/// has joined before, and what comes from then on is held for it. So what it missed has a fixed end, and ending or leaving is as ever.
/// </summary>
internal sealed partial class Resumption(
    FanOut fanOut, MissedMessages missed, ResumeOptions options, GatewayMetrics metrics, ILogger<Resumption> logger)
{
    /// <summary>The word for a client that this node, which is behind it, sends away to come back.</summary>
    public const string Behind = "behind";

    /// <summary>The word of the metric for a client that was told of a gap.</summary>
    private const string Gap = "gap";

    /// <summary>Every word of the metric.</summary>
    public static IEnumerable<string> Outcomes => [Gap, Behind, .. Enum.GetValues<ResumeSource>().Select(source => source.Word())];

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly ReplayRoom _room = new(options.MaxBytes);
    private readonly TimeProvider _time = missed.Time;
    private volatile Sight? _last;

    /// <summary>
    /// Waits until this node has read as far as a client that wants to go on. False when it has not in time: the client must come back
    /// later, since from what this node has it could not go on without a hole.
    /// </summary>
    /// <param name="since">From where it wants to go on; null for from now.</param>
    /// <param name="topics">The topics that it wants to join.</param>
    public async ValueTask<bool> HasReached(Since? since, IEnumerable<string> topics)
    {
        if (since?.Position is not { } position || !topics.Any(Topic.IsOfUser))
        {
            return true;
        }

        var hasLooked = false;
        var here = fanOut.Where();
        for (var started = _time.GetTimestamp(); ; here = await Later())
        {
            var isStrange = position.IsStrangeTo(here);
            var aligned = position.Align(here);
            if (!isStrange && !aligned.IsAheadOf(here))
            {
                return true;
            }

            if (!hasLooked && aligned.KnowsMoreThan(here))
            {
                hasLooked = true;
                await missed.Look();
                continue;
            }

            // Only the log knows which of them knows the newer topic, and whether what the client has may have been cut off.
            var isLate = IsLate(started);
            if ((isStrange || isLate) && await missed.WhatIsLeft(aligned, here) is { } left)
            {
                return await HasRead(left);
            }

            if (isLate)
            {
                metrics.Resumed(Behind);
                return false;
            }
        }
    }

    /// <summary>Where the node is now. Under the total order, together with the join.</summary>
    public JoinPoint Here() => fanOut.Here();

    /// <summary>Fetches what a client missed, and then releases what was held for it. Never throws.</summary>
    /// <param name="hold">What holds the events of the topics.</param>
    /// <param name="format">How they look.</param>
    /// <param name="topics">The topics.</param>
    /// <param name="since">From where the client goes on.</param>
    /// <param name="joined">Where it joined.</param>
    public async Task Resume(Hold hold, WireFormat format, IReadOnlyList<string> topics, Since since, JoinPoint joined)
    {
        var started = _time.GetTimestamp();
        Replay? replay = null;
        try
        {
            var found = await Find(new Comeback(
                hold.Connection, topics.Where(Topic.IsOfUser).ToHashSet(), since, joined, from =>
                {
                    replay?.Dispose();
                    return replay = new Replay(from, format, hold.Connection.Loop.ReplayMaxBytes, _room);
                }));
            var id = joined.Position.ToId();
            hold.Connection.Loop.Release(hold, new Missed(
                found.Gap is { } reason ? format.Encode(Event.Gap(hold.Topic, reason, id)) : replay?.Frames ?? [], id));
            if (hold.Connection.IsEnded)
            {
                // Nobody was told.
                return;
            }

            var outcome = found.Gap is null ? found.Source.Word() : Gap;
            metrics.Resumed(outcome);
            metrics.ResumeTook(outcome, _time.GetElapsedTime(started).TotalSeconds, found.Gap is null ? replay?.Messages ?? 0 : 0);
            if (found.Gap is not null)
            {
                metrics.ResumedWithGap(found.Gap);
            }
        }
        finally
        {
            replay?.Dispose();
        }
    }

    /// <summary>
    /// Waits until this node has read what the log still has of what a client has: the gap that tells it of the rest names this node's
    /// position, from which on the client is given everything, and so must not be before.
    /// </summary>
    private async ValueTask<bool> HasRead(Position left)
    {
        var here = fanOut.Where();
        for (var started = _time.GetTimestamp(); ; here = await Later())
        {
            if (!left.Align(here).IsAheadOf(here))
            {
                return true;
            }

            if (IsLate(started))
            {
                metrics.Resumed(Behind);
                return false;
            }
        }
    }

    /// <summary>Where the node is a moment later. Those who wait look together, as each look takes the total order.</summary>
    private async ValueTask<Position> Later()
    {
        await Task.Delay(Step, _time);
        if (_last is not { } last || _time.GetElapsedTime(last.At) >= Step)
        {
            last = _last = new Sight(_time.GetTimestamp(), fanOut.Where());
        }

        return last.Position;
    }

    private bool IsLate(long started) => _time.GetElapsedTime(started).TotalMilliseconds >= options.WaitMs;

    private async ValueTask<Found> Find(Comeback comeback)
    {
        try
        {
            return await missed.Find(comeback);
        }
        catch (OperationCanceledException)
        {
            // Its client is gone.
        }
        catch (Exception exception)
        {
            LogFailed(exception);
        }

        return new Found(ResumeSource.Rewind, IMessageLog.Busy);
    }

    /// <summary>Where the node was, and when.</summary>
    private sealed record Sight(long At, Position Position);

    [LoggerMessage(1520, LogLevel.Error, "What a client missed could not be fetched; it is told of a gap.", EventName = "ResumeFailed")]
    private partial void LogFailed(Exception exception);
}
