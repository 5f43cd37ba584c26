using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Sessions;

namespace RigKafka.Tests.Sessions;

internal sealed class BlacklistTests
{
    private const long Now = 1_800_000_000;

    private FakeTimeProvider _time = null!;
    private FakeTable _table = null!;
    private MetricTotals _totals = null!;
    private ConnectionRegistry _registry = null!;
    private LogLines<Blacklist> _log = null!;
    private Blacklist _blacklist = null!;

    [SetUp]
    public void MakeABlacklist()
    {
        _time = new FakeTimeProvider(At(Now));
        _table = new FakeTable(_time);
        _totals = new MetricTotals(false);
        _registry = new ConnectionRegistry(new ConnectionOptions { DeliveryLoops = 2 }, new ExpiryOptions().Rule, _totals.Metrics, _time, NullLogger<ConnectionRegistry>.Instance);
        _log = new LogLines<Blacklist>();
        _blacklist = new Blacklist(_table, _registry, _time, _log);
    }

    [TearDown]
    public void Dispose() => _totals.Dispose();

    [Test]
    public async Task Deny_OfASession_RefusesItsTokensAndEndsItsConnections()
    {
        var (one, two, other) = (Open("s1", out var wire), Open("s1", out _), Open("s2", out _));
        await Started();

        Assert.That((await Add("s1", Now + 60)).Outcome, Is.EqualTo(AppendOutcome.Stored));

        Assert.That((one.Closed.IsCompleted, two.Closed.IsCompleted, other.Closed.IsCompleted), Is.EqualTo((true, true, false)));
        Assert.That(await one.Closed, Is.EqualTo(CloseReason.TokenBlacklisted));
        Assert.That(wire.Lines, Is.EqualTo(["closing||{\"reason\":\"token_blacklisted\",\"reconnect\":false}"]));
        Assert.That((Refuses("s1"), Refuses("s2")), Is.EqualTo((true, false)));
        Assert.That(_log.Lines, Is.EqualTo(["Information SessionEnded The session \"s1\" is on the blacklist; connections to this node that were ended: 2."]));
    }

    [Test]
    public async Task Deny_IsInForceBeforeItIsWritten()
    {
        var connection = Open("s1", out _);
        _table.Hold();

        var adding = Add("s1", Now + 60);
        await connection.Closed.Soon();

        Assert.That((adding.IsCompleted, Refuses("s1"), _table.Count), Is.EqualTo((false, true, 0)));
        _table.LetGo();
        Assert.That((await adding).Outcome, Is.EqualTo(AppendOutcome.Stored));
        Assert.That((Refuses("s1"), _table.Count), Is.EqualTo((true, 1)));
    }

    [TestCase(AppendOutcome.NotStored)]
    [TestCase(AppendOutcome.Unknown)]
    [TestCase(AppendOutcome.TooLarge)]
    public async Task Deny_ThatCannotBeWritten_IsInForceHereUntilItExpires(object outcome)
    {
        var connection = Open("s1", out _);
        _table.Outcome = (AppendOutcome)outcome;

        Assert.That((await Add("s1", Now + 60)).Outcome, Is.EqualTo(outcome));

        Assert.That((connection.Closed.IsCompleted, Refuses("s1"), _blacklist.Entries.Count()), Is.EqualTo((true, true, 1)));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.That((Refuses("s1"), _blacklist.Entries.Count()), Is.EqualTo((false, 0)));
    }

    [Test]
    public async Task Remove_AfterAnEntryThatCouldNotBeWritten_LetsIn()
    {
        _table.Outcome = AppendOutcome.NotStored;
        await Add("s1", Now + 60);
        Assert.That(await _blacklist.Remove(BlacklistKey.OfSession("s1")).Soon(), Is.EqualTo(AppendOutcome.NotStored));
        Assert.That(Refuses("s1"), Is.True);

        _table.Outcome = AppendOutcome.Stored;
        Assert.That(await _blacklist.Remove(BlacklistKey.OfSession("s1")).Soon(), Is.EqualTo(AppendOutcome.Stored));

        Assert.That(Refuses("s1"), Is.False);
    }

    [Test]
    public async Task Deny_ForLessThanIsKnown_ShortensNothing()
    {
        await Add("s1", Now + 600);

        Assert.That((await Add("s1", Now + 60)).Entry.Expires, Is.EqualTo(At(Now + 600)));

        Assert.That(_table.Get("session:s1")!.Value.Expires, Is.EqualTo(At(Now + 600)));
        Assert.That((await Add("s1", Now + 6000)).Entry.Expires, Is.EqualTo(At(Now + 6000)));
    }

    [Test]
    public async Task Deny_WhileAnotherNodeWritesMore_SettlesOnMore()
    {
        _table.Hold();
        var adding = Add("s1", Now + 60);
        await _table.Shared.Put("session:s1", new BlacklistEntry(At(Now + 600)).ToEntry());

        _table.LetGo();

        Assert.That((await adding).Entry.Expires, Is.EqualTo(At(Now + 600)));
        Assert.That((_table.Get("session:s1")!.Value.Expires, _table.Writes), Is.EqualTo((At(Now + 600), 2)));
    }

    [Test]
    public async Task Deny_ManyAtOnceOfOneSessionOnTwoNodes_SettlesOnTheLongest()
    {
        // Again and again: locks that are taken in two orders show it now and then only.
        var table = new EmbeddedTable("blacklist", _time);
        var nodes = new[] { new Blacklist(table, _registry, _time, NullLogger<Blacklist>.Instance), new Blacklist(table, _registry, _time, NullLogger<Blacklist>.Instance) };
        for (var round = 0; round < 100; round++)
        {
            var key = BlacklistKey.OfSession($"s{round}");

            await Task.WhenAll(Enumerable.Range(1, 100).Select(i => Task.Run(() => nodes[i % 2].Add(key, new BlacklistEntry(At(Now + (i * 7 % 100) + 1)))))).Soon();

            Assert.That(table.Get(key.Text)!.Value.Expires, Is.EqualTo(At(Now + 100)));
            Assert.That(nodes.Select(node => node.Find(key)), Is.All.EqualTo(new BlacklistEntry(At(Now + 100))));
        }
    }

    [Test]
    public async Task AnEntryOfAnotherNode_RefusesAndEnds()
    {
        var connection = Open("s1", out _);

        await _table.Shared.Put("session:s1", new BlacklistEntry(At(Now + 60)).ToEntry());

        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenBlacklisted));
        Assert.That(Refuses("s1"), Is.True);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.That(Refuses("s1"), Is.False);
    }

    [TestCase(Now - 1, true)]
    [TestCase(Now, true)]
    [TestCase(Now + 1, false)]
    [TestCase(null, true)]
    public async Task Deny_OfAUser_IsAboutTheTokensTheyHave(long? issuedAt, bool denied)
    {
        var connection = Open("s1", out _, "alice", issuedAt);
        var (other, nobody) = (Open("s2", out _, "bob", issuedAt), Open("s3", out _, null, issuedAt));

        await _blacklist.Add(BlacklistKey.OfUser("alice"), new BlacklistEntry(At(Now + 60), Now)).Soon();

        Assert.That(Refuses("s1", "alice", issuedAt), Is.EqualTo(denied));
        Assert.That(connection.Closed.IsCompleted, Is.EqualTo(denied));
        Assert.That((other.Closed.IsCompleted, nobody.Closed.IsCompleted, Refuses("s2", "bob", issuedAt), Refuses("s3", null, issuedAt)), Is.EqualTo((false, false, false, false)));
        Assert.That(_blacklist.Entries.Single(), Is.EqualTo(KeyValuePair.Create(BlacklistKey.OfUser("alice"), new BlacklistEntry(At(Now + 60), Now))));
    }

    [Test]
    public async Task Deny_OfConnectionsThatTakeTheirTime_IsSaidOnce_ThoughTheEntryIsReadAgain()
    {
        var wire = new FakeWire(room: 0);
        Open("s1", wire);
        await Started();
        var adding = Add("s1", Now + 60);
        await _table.Shared.Put("session:s1", new BlacklistEntry(At(Now + 600)).ToEntry());
        Assert.That(adding.IsCompleted, Is.False);

        Assert.That(_log.Of("SessionEnded").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Deny_OfNobodyWhoIsHere_LeavesNoLine()
    {
        await Add("s1", Now + 60);

        Assert.That(_log.Lines, Is.Empty);
    }

    [Test]
    public async Task EndIfRefused_OfAConnectionThatCameMeanwhile_NamesWhoIsOnTheBlacklist()
    {
        await _blacklist.Add(BlacklistKey.OfUser("al\nice"), new BlacklistEntry(At(Now + 60), Now)).Soon();
        var connection = Open("s1", out _, "al\nice");

        _blacklist.EndIfRefused(connection, new Identity("s1", "al\nice", false, [], DateTimeOffset.MaxValue));

        Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenBlacklisted));
        Assert.That(_log.Texts, Is.EqualTo(["The user \"al\\nice\" is on the blacklist; connections to this node that were ended: 1."]));
    }

    [Test]
    public async Task Deny_OfAUserAndASessionOfOneName_AreTwoThings()
    {
        await Add("alice", Now + 60);

        Assert.That((Refuses("alice"), Refuses("s1", "alice")), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task Deny_OfAClientThatReadsNothing_BreaksItOff()
    {
        var wire = new FakeWire(room: 0);
        var connection = Open("s1", wire);
        await Started();
        var adding = Add("s1", Now + 60);
        Assert.That(adding.IsCompleted, Is.False);

        while (!wire.Aborted.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            _registry.LookAtDeadlines();
            await Started();
        }

        await adding.Soon();
        Assert.That(connection.Closed.IsCompleted, Is.True);
        Assert.That(_time.GetUtcNow() - At(Now), Is.EqualTo(TimeSpan.FromMilliseconds(750)).Within(TimeSpan.FromMilliseconds(100)));
    }

    [Test]
    public void IsCaughtUp_IsTheTables()
    {
        Assert.That(_blacklist.IsCaughtUp, Is.False);
        _table.Ready.SetResult();
        Assert.That(_blacklist.IsCaughtUp, Is.True);
    }

    [Test]
    public async Task ForeignEntries_AreNobody()
    {
        await _table.Shared.Put("session:s1", new TableEntry([.. "soon"u8], At(Now + 60)));
        await _table.Shared.Put("s1", new TableEntry([], At(Now + 60)));

        Assert.That((Refuses("s1"), _blacklist.Entries.Count()), Is.EqualTo((false, 0)));
    }

    private static DateTimeOffset At(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    private Task<(AppendOutcome Outcome, BlacklistEntry Entry)> Add(string session, long expires) => _blacklist.Add(BlacklistKey.OfSession(session), new BlacklistEntry(At(expires)));

    private bool Refuses(string session, string? user = "alice", long? issuedAt = null) => _blacklist.Refuses(new Identity(session, user, false, [], DateTimeOffset.MaxValue, issuedAt));

    private Connection Open(string session, out FakeWire wire, string? user = "alice", long? issuedAt = null) => Open(session, wire = new FakeWire(), user, issuedAt);

    /// <summary>Returns when the loops have let everyone through who was started: a connection that leaves after them shows it.</summary>
    private async Task Started()
    {
        for (var i = 0; i < 4; i++)
        {
            var probe = _registry.Add(new FakeWire(), LineFormat.Instance, "test");
            probe.Close(CloseReason.ClientGone);
            await probe.Closed.Soon();
        }
    }

    private Connection Open(string session, FakeWire wire, string? user = "alice", long? issuedAt = null)
    {
        var connection = _registry.Add(wire, LineFormat.Instance, "test", new Holder(session, user, issuedAt, DateTimeOffset.MaxValue));
        connection.Start();
        return connection;
    }
}
