using RigKafka.Connections;
using RigKafka.Log;

namespace RigKafka.Delivery;

/// <summary>
/// Reads what is older than the history from the log once more, for clients that come back: one pass at a time, for all who wait for it,
/// so that ten thousand clients of one outage cost one pass. The smallest need goes first, and shares its pass with those who need at
/// most four times as much, so that one old id does not hold up the others (H6). Nor do they hold it up: in time its turn comes.
/// </summary>
internal sealed class Rewinder(IMessageLog log, ResumeOptions options, RewindReader reader, TimeProvider time)
{
    private const int MostTimesTheLeast = 4;

    /// <summary>In a minute a user's clients may have read so many times what one client may need.</summary>
    private const long TimesAMinute = 4;

    /// <summary>
    /// Those of one outage come one after the other, so a pass begins when nobody has come for two of these: a node that was held up finds
    /// only after the first who came meanwhile. A large herd has longer lulls, so there is one more for every four in which they came.
    /// </summary>
    private static readonly TimeSpan Lull = TimeSpan.FromMilliseconds(50);

    /// <summary>How long those that ask are gathered before a pass, if they do not stop.</summary>
    private static readonly TimeSpan GathersAtMost = TimeSpan.FromSeconds(5);

    /// <summary>How long a client may wait for its pass to begin.</summary>
    private static readonly TimeSpan WaitsAtMost = TimeSpan.FromSeconds(30);

    /// <summary>A client that has waited for so long goes first, whatever it needs.</summary>
    private static readonly TimeSpan GoesFirstAfter = TimeSpan.FromSeconds(10);

    private readonly UserBudget _budget = new(TimesAMinute * options.MaxRecords, time);
    private readonly Lock _lock = new();
    private readonly List<WaitingRewind> _waiting = [];
    private int _came;
    private bool _isRunning;

    /// <summary>Whether the last pass was led by a client that had waited for long: then the next one is not.</summary>
    private bool _wasLed;

    /// <summary>
    /// Gives a client what it has missed. Completes with null when all of it was given, else with the reason of the gap: one of
    /// <see cref="LogPlacement"/>, <see cref="Hold.TooMuch"/> or <see cref="IMessageLog.Busy"/>. What was given counts only after null.
    /// </summary>
    /// <param name="request">What it has missed. Nothing is given after the answer, nor after a cancellation.</param>
    /// <param name="cancellation">The client is gone; ends in an <see cref="OperationCanceledException"/>.</param>
    public async ValueTask<string?> Read(RewindRequest request, CancellationToken cancellation)
    {
        var need = request.From.Until(request.To);
        if (need == 0)
        {
            return null;
        }

        if (need > options.MaxRecords)
        {
            return Hold.TooMuch;
        }

        var waiting = new WaitingRewind(request, need, time.GetTimestamp());
        using var limit = time.CreateTimer(static waiting => ((WaitingRewind)waiting!).EndWaiting(), waiting, WaitsAtMost, Timeout.InfiniteTimeSpan);
        await using var gone = cancellation.UnsafeRegister(static (waiting, token) => ((WaitingRewind)waiting!).Cancel(token), waiting);
        lock (_lock)
        {
            _waiting.Add(waiting);
            _came++;
            if (!_isRunning)
            {
                _isRunning = true;
                _ = Run();
            }
        }

        return await waiting.Answered;
    }

    private async Task Run()
    {
        while (true)
        {
            await Gather();
            var waiting = Waiting();
            if (waiting.Count == 0)
            {
                return;
            }

            try
            {
                await Answer(waiting);
            }
            catch (Exception failure)
            {
                waiting.ForEach(each => each.Fail(failure));
            }
        }
    }

    private async Task Gather()
    {
        var began = time.GetTimestamp();
        var enough = 2;
        for (var lulls = 0; lulls < enough && time.GetElapsedTime(began) < GathersAtMost;)
        {
            var before = Volatile.Read(ref _came);
            await Task.Delay(Lull, time);
            lulls++;
            if (Volatile.Read(ref _came) != before)
            {
                lulls = 0;
                enough = 2 + (int)(time.GetElapsedTime(began) / (4 * Lull));
            }
        }
    }

    private List<WaitingRewind> Waiting()
    {
        lock (_lock)
        {
            _waiting.RemoveAll(each => each.Answered.IsCompleted);
            _isRunning = _waiting.Count > 0;
            return [.. _waiting];
        }
    }

    private async Task Answer(List<WaitingRewind> waiting)
    {
        if (await log.Bounds(CancellationToken.None) is not { } bounds)
        {
            // It may answer before they have waited for as long as they may.
            return;
        }

        foreach (var each in waiting)
        {
            if (each.Request.WhyNot(bounds) is { } gap)
            {
                each.Answer(gap);
            }
        }

        lock (_lock)
        {
            // Those who came while the log was asked go along, unless its answer, which may be older, speaks against it.
            waiting.AddRange(_waiting.Skip(waiting.Count).Where(each => each.Request.WhyNot(bounds) is null));
        }

        var pass = ChooseForPass(waiting);
        if (pass.Count > 0)
        {
            await reader.Read(pass);
        }
    }

    private List<WaitingRewind> ChooseForPass(List<WaitingRewind> waiting)
    {
        var pass = new List<WaitingRewind>();
        var charged = new Dictionary<string, long>(StringComparer.Ordinal);
        var left = waiting.Where(each => !each.Answered.IsCompleted).ToList();
        var first = _wasLed ? null : left.Where(each => time.GetElapsedTime(each.CameAt) >= GoesFirstAfter).MinBy(each => each.CameAt);
        long? most = null;
        foreach (var each in left.OrderBy(each => each != first).ThenBy(each => each.Need))
        {
            if (each.Need > most)
            {
                break;
            }

            // All of a user's clients in a pass cost what the one that needs most does.
            var user = each.Request.User ?? "";
            var before = charged.GetValueOrDefault(user);
            if (!_budget.TryTake(user, Math.Max(0, each.Need - before)))
            {
                each.Answer(Hold.TooMuch);
            }
            else if (each.TryBegin())
            {
                charged[user] = Math.Max(before, each.Need);
                pass.Add(each);
                most ??= MostTimesTheLeast * each.Need;
            }
        }

        _wasLed = first is not null && pass.FirstOrDefault() == first;
        return pass;
    }
}
