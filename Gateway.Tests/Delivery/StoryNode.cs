using Microsoft.Extensions.Logging.Abstractions;
using RigKafka.Auth;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Messages;
using RigKafka.Presence;
using RigKafka.Sessions;

namespace RigKafka.Tests.Delivery;

/// <summary>A node of a story: the road from the log to its clients as it really is, without sockets.</summary>
internal sealed class StoryNode : IDisposable
{
    private static readonly AuthOptions Auth = new() { SecretKey = Jws.Secret, PrivilegedRoles = ["admin"] };

    private readonly CancellationTokenSource _stop = new();
    private readonly MetricTotals _totals;
    private readonly ConnectionOptions _options;
    private readonly Blacklist _blacklist;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, long> _records = [];
    private readonly Dictionary<ResumeView, long> _bytes = [];
    private Task _reading = Task.CompletedTask;
    private bool _isTouched = true;

    public StoryNode(int number, StoryTopic[] topics, StoryOptions options, TimeProvider time)
    {
        (Number, _time) = (number, time);
        _totals = new MetricTotals(listen: true);
        _options = new ConnectionOptions { DeliveryLoops = options.Loops, OutboxMaxBytes = options.Outbox };
        Registry = new ConnectionRegistry(_options, new ExpiryOptions().Rule, _totals.Metrics, time, NullLogger<ConnectionRegistry>.Instance);
        Log = new StoryLog(topics);
        var messages = new MessageOptions();
        History = new History(options.Resume, messages, Log);
        FanOut = new FanOut(Log, Registry, History, new PoisonLog(messages, _totals.Metrics, time, new LogLines<PoisonLog>()), _totals.Metrics);
        var reader = new RewindReader(Log, messages, _options, _totals.Metrics, NullLogger<RewindReader>.Instance) { OnEmpty = History.Lower };
        var missed = new MissedMessages(Log, History, new Rewinder(Log, options.Resume, reader, time), time);
        var resumption = new Resumption(FanOut, missed, options.Resume, _totals.Metrics, NullLogger<Resumption>.Instance);
        Membership = new Membership(new JoinPolicy(Auth), Registry, resumption);
        var table = new FakeTable(time);
        table.Ready.SetResult();
        _blacklist = new Blacklist(table, Registry, time, NullLogger<Blacklist>.Instance);
        _ = FanOut.Run(_stop.Token);
    }

    public int Number { get; }

    public ConnectionRegistry Registry { get; }

    public StoryLog Log { get; }

    public History History { get; }

    public FanOut FanOut { get; }

    public Membership Membership { get; }

    /// <summary>Whether it reads nothing at the moment.</summary>
    public bool Hangs { get; set; }

    public bool IsStopped { get; private set; }

    /// <summary>How many messages it gave to clients that had missed them.</summary>
    public long Replayed => _totals["rig.resumes.messages{}"];

    /// <summary>A user, who may listen to all with the role, and only to their own topic without.</summary>
    public static Visitor Visitor(string user, bool hasRole) =>
        new(new Identity("jti", user, false, hasRole ? ["admin"] : [], DateTimeOffset.MaxValue), "192.0.2.1", "desktop", "Firefox");

    /// <summary>Their token.</summary>
    public static string Token(string user, bool hasRole) =>
        Jws.Sign($$"""{"jti":"jti","user":"{{user}}","roles":[{{(hasRole ? "\"admin\"" : "")}}],"exp":4102444800}""");

    public ChannelSocket Speak(Visitor visitor, Connection connection, ChannelFormat format) => new(
        visitor,
        connection,
        format,
        new ChannelServices(new TokenGate(Verifiers.Of(Auth, _time), _blacklist), Membership, new ChannelOptions(), _time));

    /// <summary>A client came back to it: what it can have needed at most is counted.</summary>
    public void Note(string user, ResumeView view)
    {
        var (records, bytes) = view.Missing(FanOut.Where());
        _records[user] = _records.GetValueOrDefault(user) + records;
        _bytes[view] = bytes;
    }

    /// <summary>How many records the clients of a user can have had it read once more.</summary>
    public long RecordsFor(string user) => _records.GetValueOrDefault(user);

    /// <summary>How many bytes of missed messages it can have had to hold at a time, for all clients.</summary>
    public long HeldBytes => _bytes.Values.Sum();

    /// <summary>The same for one of them.</summary>
    public long HeldBytesFor(StoryClient client) => client.Views.Sum(view => _bytes.GetValueOrDefault(view));

    /// <summary>Reads one record, if it is ready for it.</summary>
    public void ReadOn(Random random)
    {
        _isTouched = true;
        if (_reading.IsCompleted)
        {
            _reading = Log.ReadOn(random).AsTask();
        }
    }

    /// <summary>Something has happened to it, so that it may have to come to rest.</summary>
    public void Touch() => _isTouched = true;

    /// <summary>Returns when its loops have done what they can do now.</summary>
    public async Task Settle()
    {
        if (!_isTouched)
        {
            return;
        }

        _isTouched = false;
        for (var i = 0; i < 2 * _options.DeliveryLoops; i++)
        {
            var probe = Registry.Add(new StoryWire(), LineFormat.Instance, "test");
            probe.Close(CloseReason.ClientGone);
            await probe.Closed.Soon();
        }
    }

    /// <summary>Stops, and tells its clients or not.</summary>
    public void Stop(bool tells)
    {
        IsStopped = true;
        Touch();
        if (tells)
        {
            Registry.CloseAll(CloseReason.Shutdown);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _totals.Dispose();
    }
}

/// <summary>What is set in a story.</summary>
/// <param name="Loops">How many delivery loops a node has.</param>
/// <param name="Outbox">How many bytes may wait for a client.</param>
/// <param name="Resume">What is kept for those who come back.</param>
internal sealed record StoryOptions(int Loops, int Outbox, ResumeOptions Resume);
