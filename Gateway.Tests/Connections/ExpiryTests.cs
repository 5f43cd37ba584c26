using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Transports;

namespace RigKafka.Tests.Connections;

/// <summary>Whoever was let in by a token is let in for as long as the token lasts.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ExpiryTests : ExpiryFixture
{
    private const string Closed = "event: closing\ndata: {\"reason\":\"token_expired\",\"reconnect\":true}\n\nevent: closing connection\n\n";

    [Test]
    public async Task Expiry_LongToken_IsToldBeforeAndEndsOnTime()
    {
        var registry = Registry();
        var connection = Open(registry, Now.AddSeconds(100));

        await Pass(registry, 69.9);
        Assert.That(Wire.Text, Is.Empty);
        await Pass(registry, 0.1);
        Assert.That(Wire.Text, Is.EqualTo(Notice(100)));
        await Pass(registry, 29.9);
        Assert.That(Wire.Text, Is.EqualTo(Notice(100)), "the notice comes once");
        Assert.That(connection.Closed.IsCompleted, Is.False);

        await Pass(registry, 0.1);
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenExpired));
        Assert.That(Wire.Text, Is.EqualTo(Notice(100) + Closed));
        Assert.That(registry.Open, Is.Zero);
    }

    [Test]
    public async Task Expiry_TokenWithLessThanTheNotice_IsToldAtOnce()
    {
        var registry = Registry();
        Open(registry, Now.AddSeconds(10));
        await Pass(registry, 0);
        Assert.That(Wire.Text, Is.EqualTo(Notice(10)));
    }

    [Test]
    public async Task Expiry_TokenThatEndsWhileItIsBeingOpened_EndsAtOnce()
    {
        var registry = Registry();
        var connection = registry.Add(Wire, SseFormat.Plain, "test", new Holder("s1", null, null, Now.AddSeconds(1)));
        Time.Advance(TimeSpan.FromSeconds(2));
        connection.Start();
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenExpired));
        Assert.That(Wire.Text, Is.EqualTo(Closed));
    }

    [Test]
    public async Task Expiry_NoNotice_EndsWithoutOne()
    {
        var registry = Registry(expiry: new ExpiryRule(IsEnforced: true, NoticeMs: 0));
        var connection = Open(registry, Now.AddSeconds(10));
        await Pass(registry, 9.999);
        Assert.That(Wire.Text, Is.Empty);
        await Pass(registry, 0.001);
        await connection.Closed.Soon();
        Assert.That(Wire.Text, Is.EqualTo(Closed));
    }

    [Test]
    public async Task Expiry_NotEnforced_GoesOn()
    {
        var registry = Registry(expiry: new ExpiryRule(IsEnforced: false, NoticeMs: 30_000));
        var connection = Open(registry, Now.AddSeconds(10));
        await Pass(registry, 100);
        Assert.That(Wire.Text, Is.Empty);
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

        Assert.That(Wire.Text, Is.Empty);
    }

    [Test]
    public async Task Renew_BeforeTheEnd_CountsInPlaceOfTheFirst()
    {
        var registry = Registry();
        var connection = Open(registry, Now.AddSeconds(60));
        await Pass(registry, 40);
        connection.Renew(connection.Holder! with { Expires = Now.AddSeconds(200) });
        await Pass(registry, 129.9);
        Assert.That(Wire.Text, Is.EqualTo(Notice(60)));
        await Pass(registry, 0.1);
        Assert.That(Wire.Text, Is.EqualTo(Notice(60) + Notice(200)));

        connection.Renew(connection.Holder! with { Expires = Now.AddSeconds(180) });
        await Pass(registry, 10);
        await connection.Closed.Soon();
        Assert.That(Wire.Text, Is.EqualTo(Notice(60) + Notice(200) + Notice(180) + Closed), "an earlier end counts as well");
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
        Wire.TakesNothing = true;
        await Pass(registry, 5);
        Assert.That(connection.Closed.IsCompleted, Is.False, "it may take its last words");
        await Pass(registry, 0.75);
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenExpired));
        Assert.That(Wire.IsAborted);
    }

    [TestCase(-3600, TestName = "LastWords_WhenTheWallClockIsSetBack_EndInTime")]
    [TestCase(3600, TestName = "LastWords_WhenTheWallClockIsSetForward_AreNotCutShort")]
    public async Task LastWords(int seconds)
    {
        var registry = Registry();
        var connection = Open(registry, DateTimeOffset.MaxValue);
        await Pass(registry, 0);
        Wire.TakesNothing = true;
        connection.Close(CloseReason.Shutdown);
        await Settle(registry);

        Time.SetBy = TimeSpan.FromSeconds(seconds);
        await Pass(registry, 1.9);
        Assert.That(connection.Closed.IsCompleted, Is.False);
        await Pass(registry, 0.1);
        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.Shutdown));
        Assert.That(Wire.IsAborted);
    }

    [Test]
    public async Task Expiry_WhenTheWallClockIsSet_FollowsIt()
    {
        var registry = Registry(expiry: new ExpiryRule(IsEnforced: true, NoticeMs: 0));
        var connection = Open(registry, Now.AddSeconds(3600));
        await Pass(registry, 1);
        Assert.That(connection.Closed.IsCompleted, Is.False);

        Time.SetBy = TimeSpan.FromSeconds(3600);
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
        Assert.That(Wire.Text, Is.Empty);
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
        using var service = new ExpiryService(registry, Time);
        await service.StartAsync(CancellationToken.None).Soon();
        var connection = Open(registry, Now.AddSeconds(3));
        var closed = connection.Closed.Soon();
        while (!closed.IsCompleted)
        {
            // The service makes its timer when it gets to run, which nothing announces.
            Time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.WhenAny(closed, Task.Delay(1));
        }

        Assert.That(await closed, Is.EqualTo(CloseReason.TokenExpired));
        await service.StopAsync(CancellationToken.None).Soon();
    }

    private static string Notice(int seconds) => $"event: token_expiring\ndata: {{\"expires_at\":{1_800_000_000 + seconds}}}\n\n";
}
