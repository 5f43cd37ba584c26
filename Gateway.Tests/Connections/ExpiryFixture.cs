using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Telemetry;
using RigKafka.Transports;

namespace RigKafka.Tests.Connections;

/// <summary>Connections that end when their time has come, on a clock that a test sets.</summary>
internal abstract class ExpiryFixture : IDisposable
{
    protected static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    protected SettableTime Time { get; } = new(Now);

    protected RecordingWire Wire { get; } = new();

    public void Dispose() => _services.Dispose();

    protected ConnectionRegistry Registry(int loops = 1, ExpiryRule? expiry = null, int maxAge = 0) => new(
        new ConnectionOptions { DeliveryLoops = loops, MaxAgeSeconds = maxAge },
        expiry ?? new ExpiryOptions().Rule,
        new GatewayMetrics(_services.GetRequiredService<IMeterFactory>()), Time, NullLogger<ConnectionRegistry>.Instance);

    protected Connection Open(ConnectionRegistry registry, DateTimeOffset expires)
    {
        var connection = registry.Add(Wire, SseFormat.Plain, "test", new Holder("s1", null, null, expires));
        connection.Start();
        return connection;
    }

    /// <summary>Lets time pass, then waits until the loops have done what was left to them.</summary>
    protected async Task Pass(ConnectionRegistry registry, double seconds)
    {
        await Settle(registry);
        Time.Advance(TimeSpan.FromSeconds(seconds));
        registry.LookAtDeadlines();
        await Settle(registry);
    }

    /// <summary>A connection that was opened and is closed last has waited for everything before it on its loop.</summary>
    protected static async Task Settle(ConnectionRegistry registry)
    {
        for (var i = 0; i < 2; i++)
        {
            var marker = registry.Add(new RecordingWire(), SseFormat.Plain, "test");
            marker.Start();
            marker.Close(CloseReason.ClientGone);
            await marker.Closed.Soon();
        }
    }
}
