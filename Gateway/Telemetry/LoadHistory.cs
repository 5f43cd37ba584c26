namespace RigKafka.Telemetry;

/// <summary>What this node had to do during the last quarter of an hour, one look every two seconds.</summary>
internal sealed partial class LoadHistory(LiveMetrics metrics, TimeProvider time, ILogger<LoadHistory> logger) : BackgroundService
{
    /// <summary>How many looks are kept.</summary>
    public const int Most = 450;

    public static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Queue<NodeLoad> _past = new(Most);
    private TaskCompletionSource _next = NewSignal();
    private Look? _before;
    private bool _hasFailed;

    /// <summary>This node has looked once more.</summary>
    public event Action? Looked;

    /// <summary>The looks so far, the oldest first.</summary>
    public IReadOnlyList<NodeLoad> Past
    {
        get
        {
            lock (_lock)
            {
                return [.. _past];
            }
        }
    }

    /// <summary>The last look; null before the first one.</summary>
    public NodeLoad? Latest { get; private set; }

    /// <summary>Completes at the next look.</summary>
    public Task Next
    {
        get
        {
            lock (_lock)
            {
                return _next.Task;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, time);
        do
        {
            Take();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private void Take()
    {
        Collect();
        var now = new Look(
            time.GetTimestamp(),
            metrics.Total("rig.messages.read"),
            metrics.Total("rig.deliveries"),
            metrics.By("rig.messages.published", "outcome").GetValueOrDefault("stored"),
            metrics.Buckets("rig.delivery.duration"));
        var before = _before ?? now;
        var seconds = Math.Max(time.GetElapsedTime(before.Timestamp, now.Timestamp).TotalSeconds, 0.001);
        var latency = now.Latency.Since(before.Latency);
        var load = new NodeLoad(
            time.GetUtcNow().ToUnixTimeMilliseconds(),
            metrics.By("rig.connections", "transport").ToDictionary(pair => pair.Key, pair => (long)pair.Value),
            (now.Read - before.Read) / seconds,
            (now.Deliveries - before.Deliveries) / seconds,
            (now.Published - before.Published) / seconds,
            latency.Quantile(0.5),
            latency.Quantile(0.99),
            (long)metrics.Total("rig.log.lag"));
        TaskCompletionSource taken;
        lock (_lock)
        {
            _before = now;
            Latest = load;
            if (_past.Count == Most)
            {
                _past.Dequeue();
            }

            _past.Enqueue(load);
            (taken, _next) = (_next, NewSignal());
        }

        Looked?.Invoke();
        taken.SetResult();
    }

    private void Collect()
    {
        try
        {
            metrics.Collect();
        }
        catch (AggregateException failure)
        {
            // The others have their values. It is likely to fail each time.
            if (!_hasFailed)
            {
                _hasFailed = true;
                LogNotCollected(failure.InnerExceptions.Count, failure);
            }
        }
    }

    [LoggerMessage(2200, LogLevel.Warning,
        "{Metrics} metrics that are looked up could not be: the operator's page and the other nodes go without. This is logged once.",
        EventName = "MetricsNotLookedUp")]
    private partial void LogNotCollected(int metrics, Exception failure);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly record struct Look(long Timestamp, double Read, double Deliveries, double Published, LiveBuckets Latency);
}
