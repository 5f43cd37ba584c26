using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>Looks at topics again and again, sooner after trouble, and at once when nudged.</summary>
/// <param name="time">The clock.</param>
/// <param name="health">Hears what each look finds.</param>
/// <param name="pause">The time between two looks.</param>
internal sealed class LookLoop(TimeProvider time, KafkaHealth health, TimeSpan pause)
{
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(1);

    /// <summary>The least time between two looks: nudges come in floods.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    private volatile TaskCompletionSource _nudge = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the next look follows at once.</summary>
    public bool IsNudged => _nudge.Task.IsCompleted;

    /// <summary>Has it look now instead of at the next turn.</summary>
    public void Nudge() => _nudge.TrySetResult();

    /// <param name="look">Looks; returns what is wrong, in one line for an operator, or null.</param>
    /// <param name="afterwards">What follows each look; returns whether there is another.</param>
    /// <param name="cancellation">Ends the loop too, without an exception.</param>
    public async Task Run(Func<Task<string?>> look, Func<Task<bool>> afterwards, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                _nudge = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var wait = await Look(look).WaitAsync(cancellation);
                if (!await afterwards().WaitAsync(cancellation))
                {
                    return;
                }

                await Task.Delay(Least, time, cancellation);
                using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                await Task.WhenAny(_nudge.Task, Task.Delay(wait, time, timer.Token));
                await timer.CancelAsync();
                cancellation.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    private async Task<TimeSpan> Look(Func<Task<string?>> look)
    {
        try
        {
            if (await look() is not { } trouble)
            {
                health.ReadingWorks();
                return pause;
            }

            // A look that has just created a topic has the next one follow at once.
            health.ReadingFails(trouble, isPassing: IsNudged);
        }
        catch (KafkaException failure)
        {
            health.OutOfReach(failure.Error);
        }

        return AfterTrouble;
    }
}
