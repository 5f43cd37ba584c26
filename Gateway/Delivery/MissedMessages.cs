using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Delivery;

/// <summary>From where a client was given what it missed.</summary>
internal enum ResumeSource
{
    /// <summary>It missed nothing.</summary>
    Live,

    /// <summary>The memory of this node.</summary>
    History,

    /// <summary>The log, which was read once more.</summary>
    Rewind,
}

/// <summary>What a client wants that comes back.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Topics">The topics of users among those that it has joined.</param>
/// <param name="Since">From where it goes on.</param>
/// <param name="Joined">Where it joined.</param>
/// <param name="Begin">Begins its replay anew, at a position of this node's source topics.</param>
internal sealed record Comeback(
    Connection Connection, IReadOnlySet<string> Topics, Since Since, JoinPoint Joined, Func<Position, Replay> Begin);

/// <summary>Whether what it missed is in its replay.</summary>
/// <param name="Source">Where that came from.</param>
/// <param name="Gap">Why it is not told all of it; null when it is.</param>
internal readonly record struct Found(ResumeSource Source, string? Gap = null);

/// <summary>The words of the metric.</summary>
internal static class MissedMessagesWords
{
    public static string Word(this ResumeSource source) => source switch
    {
        ResumeSource.Live => "live",
        ResumeSource.History => "history",
        ResumeSource.Rewind => "rewind",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "Not a source."),
    };
}

/// <summary>Where missed messages come from: the history, and what is older from the log.</summary>
internal sealed class MissedMessages(IMessageLog log, History history, Rewinder rewinder, TimeProvider time)
{
    /// <summary>The reason of a gap: the node cannot read the id.</summary>
    public const string UnknownPosition = "unknown_position";

    /// <summary>How many entries of the history may be looked at for one client: some 20 ms.</summary>
    private const int MaxSteps = 200_000;

    /// <summary>How many for all clients of a user in a minute: one that comes back again and again must not cost the others much.</summary>
    private const int MaxStepsAMinute = 20 * MaxSteps;

    /// <summary>
    /// How long the log may take to say where it ends. Client 1.2 joins again after 5 s, and if its first join is not answered by then, it
    /// never notices an answer any more.
    /// </summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    /// <summary>In how many passes a client may take part, if what others of them needed is gone.</summary>
    private const int MostPasses = 3;

    private readonly UserBudget _budget = new(MaxStepsAMinute, time);

    /// <summary>Every reason of a gap that a client can be told that came back.</summary>
    public static IEnumerable<string> Gaps => [.. LogPlacement.Gaps, Hold.TooMuch, IMessageLog.Busy, UnknownPosition];

    public TimeProvider Time => time;

    /// <summary>Finds what a client missed, or why it cannot be told all of it.</summary>
    public async ValueTask<Found> Find(Comeback comeback)
    {
        var to = comeback.Joined.Position;
        if (comeback.Topics.Count == 0)
        {
            return new Found(ResumeSource.Live);
        }

        if (comeback.Since.Position is not { } position)
        {
            return new Found(ResumeSource.Live, UnknownPosition);
        }

        if (position.AlignTo(to) is not { } from)
        {
            return new Found(ResumeSource.Live, LogPlacement.Recreated);
        }

        if (from.IsAheadOf(to))
        {
            return new Found(ResumeSource.Live, LogPlacement.Truncated);
        }

        if (from.Until(to) == 0)
        {
            return new Found(ResumeSource.Live);
        }

        return Search(comeback, from) switch
        {
            HistoryAnswer.Complete => new Found(ResumeSource.History),
            HistoryAnswer.TooMuch => new Found(ResumeSource.History, Hold.TooMuch),
            _ => await Rewind(comeback, from),
        };
    }

    /// <summary>
    /// What is left in the log, asked just now, of what a client has that this node has not. Null when that may be all in some partition,
    /// so that the node gets as far as the client by reading on; also when the log does not answer.
    /// </summary>
    /// <param name="client">Where the client is, in the order of the node's source topics.</param>
    /// <param name="here">Where the node is.</param>
    public async Task<Position?> WhatIsLeft(Position client, Position here)
    {
        if (await End() is not { } end || here.IsStrangeTo(end))
        {
            return null;
        }

        end = end.Align(here);
        return client.IsWithin(here, end) ? null : client.CutAt(end);
    }

    /// <summary>Has the node look at the log for partitions that it does not know, as <see cref="IMessageLog.Bounds"/> does.</summary>
    public Task Look() => End();

    /// <summary>Where the log ends; null when it does not answer in time.</summary>
    private async Task<Position?> End()
    {
        try
        {
            return (await log.Bounds(CancellationToken.None).WaitAsync(AnswerTime, time))?.End;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private HistoryAnswer Search(Comeback comeback, Position from)
    {
        var user = comeback.Connection.Holder?.User ?? "";
        var steps = (int)Math.Clamp(_budget.Left(user), 0, MaxSteps);
        var stepsLeft = steps;
        var replay = comeback.Begin(from);
        var (to, head) = comeback.Joined;
        var answer = history.Collect(from, to, head, comeback.Topics, ref stepsLeft, (in HistoryEntry entry) => replay.Add(
            new LogRecord(entry.SourceTopicIndex, entry.Partition, entry.Offset, entry.Timestamp, null), entry.Topic, entry.Json));
        _budget.Take(user, steps - stepsLeft);
        return answer;
    }

    private async ValueTask<Found> Rewind(Comeback comeback, Position from)
    {
        for (var passes = 1; ; passes++)
        {
            var replay = comeback.Begin(from);
            var request = new RewindRequest(
                from, comeback.Joined.Position, comeback.Topics, comeback.Connection.Holder?.User,
                (record, topic, json) => replay.Add(record, topic, json));
            var gap = await Read(request, comeback.Connection);
            if (gap is not (null or Hold.TooMuch or IMessageLog.Busy))
            {
                // That may have ended the pass which only others of it need.
                var bounds = await log.Bounds(CancellationToken.None);
                var own = bounds is null ? IMessageLog.Busy : WhyLost(request, bounds, gap);
                if (own is null && passes < MostPasses)
                {
                    continue;
                }

                gap = own ?? IMessageLog.Busy;
            }

            return new Found(ResumeSource.Rewind, gap);
        }
    }

    private async Task<string?> Read(RewindRequest request, Connection connection)
    {
        using var gone = new CancellationTokenSource();
        var reading = rewinder.Read(request, gone.Token).AsTask();
        if (await Task.WhenAny(reading, connection.Closed) != reading)
        {
            await gone.CancelAsync();
        }

        return await reading;
    }

    /// <summary>Why this client cannot be given all, if it is not only another one of its pass.</summary>
    private static string? WhyLost(RewindRequest request, LogBounds bounds, string gap) =>
        request.WhyNot(bounds) ?? (gap == LogPlacement.Truncated && request.To.IsAheadOf(bounds.End) ? gap : null);
}
