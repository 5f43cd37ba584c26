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
    private Task _reading = Task.CompletedTask;
    private bool _isTouched = true;

    public StoryNode(int number, IReadOnlyList<StoryTopic> topics, StoryOptions options, TimeProvider time)
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

    /// <summary>The user of every client: one that may listen to all.</summary>
    public static Identity Admin { get; } = new("jti", "admin", false, ["admin"], DateTimeOffset.MaxValue);

    public static Visitor Visitor { get; } = new(Admin, "192.0.2.1", "desktop", "Firefox");

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

    public ChannelSocket Speak(Connection connection, ChannelFormat format) => new(
        Visitor,
        connection,
        format,
        new ChannelServices(new TokenGate(Verifiers.Of(Auth, _time), _blacklist), Membership, new ChannelOptions(), _time));

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
