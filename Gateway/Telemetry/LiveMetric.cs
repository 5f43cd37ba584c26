using System.Diagnostics.Metrics;

namespace RigKafka.Telemetry;

/// <summary>One metric, with its present values.</summary>
internal sealed class LiveMetric
{
    private readonly double[] _bounds;
    private readonly Lock _adding = new();
    private volatile LiveSeries[] _series = [];

    public LiveMetric(Instrument instrument)
    {
        (Name, Unit, Description) = (instrument.Name, instrument.Unit ?? "", instrument.Description ?? "");
        IsLookedUp = instrument.IsObservable;
        Kind = instrument switch
        {
            Counter<long> => "counter",
            Histogram<double> => "histogram",
            _ => "gauge",
        };
        _bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? [];
    }

    /// <summary>The name, with dots.</summary>
    public string Name { get; }

    /// <summary>The unit as UCUM writes it.</summary>
    public string Unit { get; }

    /// <summary>What it says.</summary>
    public string Description { get; }

    /// <summary><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</summary>
    public string Kind { get; }

    /// <summary>The name in Prometheus.</summary>
    public string PrometheusName
    {
        get
        {
            var unit = Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
            return Name.Replace('.', '_') + unit + (Kind == "counter" ? "_total" : "");
        }
    }

    /// <summary>The values, one for each set of tags.</summary>
    public IReadOnlyList<LiveSeries> Series => Array.FindAll(_series, series => !series.IsForgotten);

    private bool IsLookedUp { get; }

    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = Find(tags);
        if (IsLookedUp)
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    /// <summary>The next values that are looked up count: one that is not there any more has none.</summary>
    public void Forget()
    {
        if (IsLookedUp)
        {
            Array.ForEach(_series, series => series.IsForgotten = true);
        }
    }

    /// <summary>How often each bucket was hit, over all tags.</summary>
    public LiveBuckets Buckets()
    {
        var hits = new long[_bounds.Length + 1];
        foreach (var series in _series)
        {
            for (var i = 0; i < hits.Length; i++)
            {
                hits[i] += series.Hits(i);
            }
        }

        return new LiveBuckets(_bounds, hits);
    }

    private LiveSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(_series, tags) ?? AddSeries(tags);

    private static LiveSeries? Find(LiveSeries[] all, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var series in all)
        {
            if (series.HasTags(tags))
            {
                return series;
            }
        }

        return null;
    }

    private LiveSeries AddSeries(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_adding)
        {
            if (Find(_series, tags) is { } there)
            {
                return there;
            }

            var series = new LiveSeries(tags.ToArray(), Kind == "histogram" ? _bounds : null);
            _series = [.. _series, series];
            return series;
        }
    }
}

/// <summary>How often each bucket of a histogram was hit.</summary>
/// <param name="Bounds">The upper bounds of the buckets; the last bucket has none.</param>
/// <param name="Hits">The hits of each bucket, of the last one too.</param>
internal readonly record struct LiveBuckets(double[] Bounds, long[] Hits)
{
    public static readonly LiveBuckets None = new([], []);

    /// <summary>The hits since an earlier look.</summary>
    public LiveBuckets Since(LiveBuckets earlier) =>
        earlier.Hits.Length == Hits.Length ? new(Bounds, [.. Hits.Select((hits, i) => hits - earlier.Hits[i])]) : this;

    /// <summary>
    /// The value below which a share of the samples lies, as Prometheus' <c>histogram_quantile</c> estimates it; null without a sample.
    /// </summary>
    public double? Quantile(double share)
    {
        var rank = share * Hits.Sum();
        if (rank == 0)
        {
            return null;
        }

        var (below, bucket) = (0L, 0);
        while (bucket < Hits.Length - 1 && below + Hits[bucket] < rank)
        {
            below += Hits[bucket++];
        }

        if (bucket == Bounds.Length)
        {
            return Bounds[^1];
        }

        var lower = bucket == 0 ? 0 : Bounds[bucket - 1];
        return lower + ((Bounds[bucket] - lower) * (rank - below) / Hits[bucket]);
    }
}
