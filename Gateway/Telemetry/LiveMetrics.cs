using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace RigKafka.Telemetry;

/// <summary>
/// The present values of the gateway's own metrics, to be read inside the process: by the operator's page, and for what a node tells the
/// others of itself. It adds a few nanoseconds to what is counted.
/// </summary>
internal sealed class LiveMetrics : IDisposable
{
    private readonly MeterListener _listener;
    private readonly ConcurrentDictionary<string, LiveMetric> _metrics = new();

    public LiveMetrics(IMeterFactory meters)
    {
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                // Other gateways in this process have meters of the same name.
                if (instrument.Meter.Name == GatewayMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    listener.EnableMeasurementEvents(instrument, _metrics.GetOrAdd(instrument.Name, _ => new LiveMetric(instrument)));
                }
            },
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, metric) => ((LiveMetric)metric!).Take(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, metric) => ((LiveMetric)metric!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, metric) => ((LiveMetric)metric!).Take(value, tags));
        _listener.Start();
    }

    /// <summary>Every metric in the order of the names. What is asked at each collection has the value that it had at the last one.</summary>
    public IEnumerable<LiveMetric> All => _metrics.Values.OrderBy(metric => metric.Name, StringComparer.Ordinal);

    /// <summary>Asks for the values that are not counted, but looked up.</summary>
    public void Collect()
    {
        foreach (var metric in _metrics.Values)
        {
            metric.Forget();
        }

        _listener.RecordObservableInstruments();
    }

    /// <summary>The sum over all values of a metric's tags; 0 for one that does not exist (yet).</summary>
    public double Total(string name) => _metrics.TryGetValue(name, out var metric) ? metric.Series.Sum(series => series.Value) : 0;

    /// <summary>A metric's values by one of its tags.</summary>
    public IReadOnlyDictionary<string, double> By(string name, string tag) => !_metrics.TryGetValue(name, out var metric)
        ? new Dictionary<string, double>()
        : metric.Series.GroupBy(series => series.Tag(tag)).ToDictionary(group => group.Key, group => group.Sum(series => series.Value));

    /// <summary>How often each bucket of a histogram was hit, over all tags; empty for one that does not exist (yet).</summary>
    public LiveBuckets Buckets(string name) => _metrics.TryGetValue(name, out var metric) ? metric.Buckets() : LiveBuckets.None;

    public void Dispose() => _listener.Dispose();
}
