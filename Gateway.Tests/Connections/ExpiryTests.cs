using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Telemetry;
using RigKafka.Transports;

namespace RigKafka.Tests.Connections;

/// <summary>Whoever was let in by a token is let in for as long as the token lasts.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ExpiryTests : IDisposable
{
    private const string Closed = "event: closing\ndata: {\"reason\":\"token_expired\",\"reconnect\":true}\n\nevent: closing connection\n\n";

    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private readonly SettableTime _time = new(Now);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly RecordingWire _wire = new();

    [Test]
    public async Task Expiry_LongToken_IsToldBeforeAndEndsOnTime()
    {
        var registry = Registry();
        var connection = Open(registry, Now.AddSeconds(100));

        await Pass(registry, 69.9);
        Assert.That(_wire.Text, Is.Empty);
        await Pass(registry, 0.1);
        Assert.That(_wire.Text, Is.EqualTo(Notice(100)));
        await Pass(registry, 29.9);
        Assert.That(_wire.Text, Is.EqualTo(Notice(100)), "the notice comes once");
        Assert.That(connection.Closed.IsCompleted, Is.False);

        await Pass(registry, 0.1);
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenExpired));
        Assert.That(_wire.Text, Is.EqualTo(Notice(100) + Closed));
        Assert.That(registry.Open, Is.Zero);
    }

    [Test]
    public async Task Expiry_TokenWithLessThanTheNotice_IsToldAtOnce()
    {
        var registry = Registry();
        Open(registry, Now.AddSeconds(10));
        await Pass(registry, 0);
        Assert.That(_wire.Text, Is.EqualTo(Notice(10)));
    }

    [Test]
    public async Task Expiry_TokenThatEndsWhileItIsBeingOpened_EndsAtOnce()
    {
        var registry = Registry();
        var connection = registry.Add(_wire, SseFormat.Plain, "test", new Holder("s1", null, null, Now.AddSeconds(1)));
        _time.Advance(TimeSpan.FromSeconds(2));
        connection.Start();
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenExpired));
        Assert.That(_wire.Text, Is.EqualTo(Closed));
    }

    [Test]
    public async Task Expiry_NoNotice_EndsWithoutOne()
    {
        var registry = Registry(expiry: new ExpiryRule(IsEnforced: true, NoticeMs: 0));
        var connection = Open(registry, Now.AddSeconds(10));
        await Pass(registry, 9.999);
        Assert.That(_wire.Text, Is.Empty);
        await Pass(registry, 0.001);
        await connection.Closed.Soon();
        Assert.That(_wire.Text, Is.EqualTo(Closed));
    }

    [Test]
    public async Task Expiry_NotEnforced_GoesOn()
    {
        var registry = Registry(expiry: new ExpiryRule(IsEnforced: false, NoticeMs: 30_000));
        var connection = Open(registry, Now.AddSeconds(10));
        await Pass(registry, 100);
        Assert.That(_wire.Text, Is.Empty);
        Assert.That(connection.Closed.IsCompleted, Is.False);
    }

    [Test]
    public async Task Expiry_EndOfTheCalendar_IsNever()
    {
        var registry = Registry();
        foreach (var far in new[] { DateTimeOffset.MaxValue, DateTimeOffset.MaxValue.AddMilliseconds(-2), Now.AddYears(7000) })
        {
            var connection = Open(registry, far);
            await Pass(registry, 1e9);
            Assert.That(connection.Closed.IsCompleted, Is.False);
        }

        Assert.That(_wire.Text, Is.Empty);
    }

    [Test]
    public async Task Renew_BeforeTheEnd_CountsInPlaceOfTheFirst()
    {
        var registry = Registry();
        var connection = Open(registry, Now.AddSeconds(60));
        await Pass(registry, 40);
        connection.Renew(connection.Holder! with { Expires = Now.AddSeconds(200) });
        await Pass(registry, 129.9);
        Assert.That(_wire.Text, Is.EqualTo(Notice(60)));
        await Pass(registry, 0.1);
        Assert.That(_wire.Text, Is.EqualTo(Notice(60) + Notice(200)));

        connection.Renew(connection.Holder! with { Expires = Now.AddSeconds(180) });
        await Pass(registry, 10);
        await connection.Closed.Soon();
        Assert.That(_wire.Text, Is.EqualTo(Notice(60) + Notice(200) + Notice(180) + Closed), "an earlier end counts as well");
    }

    [Test]
    public async Task Renew_AfterTheEnd_IsTooLate()
    {
        var registry = Registry(expiry: new ExpiryRule(IsEnforced: true, NoticeMs: 0));
        var connection = Open(registry, Now.AddSeconds(5));
        await Pass(registry, 5);
        connection.Renew(connection.Holder! with { Expires = Now.AddSeconds(500) });
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenExpired));
    }

    [Test]
    public async Task Expiry_ClientThatReadsNothing_IsBrokenOff()
    {
        var registry = Registry(expiry: new ExpiryRule(IsEnforced: true, NoticeMs: 0));
        var connection = Open(registry, Now.AddSeconds(5));
        await Pass(registry, 0);
        _wire.TakesNothing = true;
        await Pass(registry, 5);
        Assert.That(connection.Closed.IsCompleted, Is.False, "it may take its last words");
        await Pass(registry, 0.75);
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenExpired));
        Assert.That(_wire.IsAborted);
    }

    [TestCase(-3600, TestName = "LastWords_WhenTheWallClockIsSetBack_EndInTime")]
    [TestCase(3600, TestName = "LastWords_WhenTheWallClockIsSetForward_AreNotCutShort")]
    public async Task LastWords(int seconds)
    {
        var registry = Registry();
        var connection = Open(registry, DateTimeOffset.MaxValue);
        await Pass(registry, 0);
        _wire.TakesNothing = true;
        connection.Close(CloseReason.Shutdown);
        await Settle(registry);

        _time.SetBy = TimeSpan.FromSeconds(seconds);
        await Pass(registry, 1.9);
        Assert.That(connection.Closed.IsCompleted, Is.False);
        await Pass(registry, 0.1);
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.Shutdown));
        Assert.That(_wire.IsAborted);
    }

    [Test]
    public async Task Expiry_WhenTheWallClockIsSet_FollowsIt()
    {
        var registry = Registry(expiry: new ExpiryRule(IsEnforced: true, NoticeMs: 0));
        var connection = Open(registry, Now.AddSeconds(3600));
        await Pass(registry, 1);
        Assert.That(connection.Closed.IsCompleted, Is.False);

        _time.SetBy = TimeSpan.FromSeconds(3600);
        await Pass(registry, 0);

        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenExpired));
    }

    [Test]
    public async Task Expiry_ConnectionThatEndedBefore_IsForgotten()
    {
        var registry = Registry();
        var connection = Open(registry, Now.AddSeconds(60));
        connection.Close(CloseReason.ClientGone);
        await connection.Closed.Soon();
        await Pass(registry, 100);
        Assert.That(_wire.Text, Is.Empty);
    }

    [Test]
    public async Task Expiry_ManyAtOnce_AllEnd()
    {
        var registry = Registry(loops: 2);
        var connections = Enumerable.Range(0, 10_000).Select(_ => Open(registry, Now.AddSeconds(60))).ToList();
        await Pass(registry, 60);
        Assert.That(await Task.WhenAll(connections.Select(connection => connection.Closed)).Soon(), Is.All.EqualTo(CloseReason.TokenExpired));
    }

    [Test]
    public async Task ExpiryService_Ticks_HaveTheLoopsLook()
    {
        var registry = Registry(expiry: new ExpiryRule(IsEnforced: true, NoticeMs: 0));
        using var service = new ExpiryService(registry, _time);
        await service.StartAsync(CancellationToken.None).Soon();
        var connection = Open(registry, Now.AddSeconds(3));
        var closed = connection.Closed.Soon();
        while (!closed.IsCompleted)
        {
            // The service makes its timer when it gets to run, which nothing announces.
            _time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.WhenAny(closed, Task.Delay(1));
        }

        Assert.That(await closed, Is.EqualTo(CloseReason.TokenExpired));
        await service.StopAsync(CancellationToken.None).Soon();
    }

    public void Dispose() => _services.Dispose();

    private static string Notice(int seconds) => $"event: token_expiring\ndata: {{\"expires_at\":{1_800_000_000 + seconds}}}\n\n";

    private ConnectionRegistry Registry(int loops = 1, ExpiryRule? expiry = null) => new(
        new ConnectionOptions { DeliveryLoops = loops },
        expiry ?? new ExpiryOptions().Rule,
        new GatewayMetrics(_services.GetRequiredService<IMeterFactory>()), _time, NullLogger<ConnectionRegistry>.Instance);

    private Connection Open(ConnectionRegistry registry, DateTimeOffset expires)
    {
        var connection = registry.Add(_wire, SseFormat.Plain, "test", new Holder("s1", null, null, expires));
        connection.Start();
        return connection;
    }

    /// <summary>Lets time pass, then waits until the loops have done what was left to them.</summary>
    private async Task Pass(ConnectionRegistry registry, double seconds)
    {
        await Settle(registry);
        _time.Advance(TimeSpan.FromSeconds(seconds));
        registry.LookAtDeadlines();
        await Settle(registry);
    }

    /// <summary>A connection that was opened and is closed last has waited for everything before it on its loop.</summary>
    private static async Task Settle(ConnectionRegistry registry)
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
