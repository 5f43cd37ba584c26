using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Support;

/// <summary>The road from the log to the connections as a node has it, between a log and wires that do as the test says.</summary>
internal sealed class TestNode : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly long[] _next;

    public TestNode(int loops = 1, int outbox = 1 << 16, int partitions = 1, bool listen = true, FakeTimeProvider? time = null, int history = 1 << 20)
    {
        Time = time ?? new FakeTimeProvider();
        Options = new ConnectionOptions { DeliveryLoops = loops, OutboxMaxBytes = outbox };
        Totals = new MetricTotals(listen);
        Registry = new ConnectionRegistry(Options, new ExpiryOptions().Rule, Totals.Metrics, Time, NullLogger<ConnectionRegistry>.Instance);
        Log = new FakeLog("rig");
        var messages = new MessageOptions();
        History = new History(new ResumeOptions { HistoryMaxBytes = history }, messages, Log);
        FanOut = new FanOut(Log, Registry, History, new PoisonLog(messages, Totals.Metrics, Time, LogLines), Totals.Metrics);
        var resume = new ResumeOptions();
        Reader = new RewindReader(Log, messages, Options, Totals.Metrics, NullLogger<RewindReader>.Instance) { OnEmpty = History.Lower };
        Resumption = new Resumption(
            FanOut, new MissedMessages(Log, History, new Rewinder(Log, resume, Reader, Time), Time), resume, Totals.Metrics, NullLogger<Resumption>.Instance);
        _ = FanOut.Run(_stop.Token);
        _next = new long[partitions];
        Log.Place(0, 7, new long[partitions]);
    }

    public FakeTimeProvider Time { get; }

    public ConnectionOptions Options { get; }

    public MetricTotals Totals { get; }

    public LogLines<PoisonLog> LogLines { get; } = new();

    public ConnectionRegistry Registry { get; }

    public FakeLog Log { get; }

    public History History { get; }

    public FanOut FanOut { get; }

    public RewindReader Reader { get; }

    public Resumption Resumption { get; }

    public static string Json(string user, int number, int pad = 0) => $$"""{"user":"{{user}}","n":{{number}},"pad":"{{new string('x', pad)}}"}""";

    public static string Line(string name, string id, string payload = "") => $"{name}|{id}|{payload}";

    /// <summary>The id in a line.</summary>
    public static string Id(string line) => line.Split('|')[1];

    /// <summary>The next offset of each partition that an id names.</summary>
    public static long[] Offsets(string id) => TestPosition.Parse(id).Offsets(0).ToArray();

    public static Task<CloseReason> End(Connection connection) => connection.Closed.Soon();

    public Connection Open(Wire wire) => Registry.Add(wire, LineFormat.Instance, "test");

    /// <summary>Returns the position, as an id, from which on the connection hears everything.</summary>
    public string Join(Connection connection, params string[] users)
    {
        lock (Registry.TotalOrder)
        {
            Array.ForEach(users, user => Registry.Join(connection, Topic.OfUser(user)));
            return FanOut.Position.Id();
        }
    }

    /// <summary>A connection that listens and has been started.</summary>
    public Connection Listen(Wire wire, params string[] users)
    {
        var connection = Open(wire);
        Join(connection, users);
        connection.Start();
        return connection;
    }

    /// <summary>A user's client comes back with an id. Completes when it has been given what it missed.</summary>
    public async Task ComeBack(Wire wire, string since, string user)
    {
        var connection = Registry.Add(wire, LineFormat.Instance, "test", new Holder("session", user, null, DateTimeOffset.MaxValue));
        connection.Start();
        var (hold, here) = JoinOnHold(connection, user);
        await Resume(hold, here, since, user);
    }

    /// <summary>A connection joins the topic of a user, whose events wait until it has been given what it missed.</summary>
    public (Hold Hold, JoinPoint Here) JoinOnHold(Connection connection, string user)
    {
        var hold = new Hold(connection, "");
        lock (Registry.TotalOrder)
        {
            Registry.Join(connection, Topic.OfUser(user), hold: hold);
            return (hold, Resumption.Here());
        }
    }

    /// <summary>Completes when the connection has been given what it missed until it joined.</summary>
    public Task Resume(Hold hold, JoinPoint here, string since, string user) =>
        Resumption.Resume(hold, LineFormat.Instance, [Topic.OfUser(user)], Since.Of(since)!, here).Soon();

    public ValueTask Push(string value, int partition = 0, bool more = true) => Push(Encoding.UTF8.GetBytes(value), partition, more);

    public ValueTask Push(byte[]? value, int partition = 0, bool more = true) => Log.Push(new LogRecord(0, partition, _next[partition]++, 0, value, more));

    /// <summary>
    /// Returns when the loops have dealt with what they can deal with now. What concerns one connection is done even while a loop pauses,
    /// so a connection that goes away shows that its loop came by; the second one, that it finished what it did then.
    /// </summary>
    public async Task Settle()
    {
        for (var i = 0; i < 2 * Options.DeliveryLoops; i++)
        {
            var probe = Open(new FakeWire());
            probe.Close(CloseReason.ClientGone);
            await End(probe);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        Totals.Dispose();
    }
}
