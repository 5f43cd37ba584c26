using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Support;

/// <summary>The gateway's metrics with someone who adds them up, as <c>name{tag=value}</c>.</summary>
internal sealed class MetricTotals : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentDictionary<string, long> _totals = new();
    private readonly MeterListener? _listener;

    public MetricTotals(bool listen = true)
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        if (listen)
        {
            _listener = new MeterListener
            {
                InstrumentPublished = (instrument, listener) =>
                {
                    if (ReferenceEquals(instrument.Meter.Scope, factory))
                    {
                        listener.EnableMeasurementEvents(instrument);
                    }
                },
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                var key = instrument.Name + "{" + string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")) + "}";
                _totals.AddOrUpdate(key, value, (_, total) => total + value);
            });
            _listener.Start();
        }

        Metrics = new GatewayMetrics(factory);
    }

    public GatewayMetrics Metrics { get; }

    /// <summary>What made these metrics.</summary>
    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public long this[string key] => _totals.GetValueOrDefault(key);

    public void Dispose()
    {
        _listener?.Dispose();
        _services.Dispose();
    }
}
