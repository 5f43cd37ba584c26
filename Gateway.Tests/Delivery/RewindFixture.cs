using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

/// <summary>A rewinder over a log that a test holds in its hand.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal abstract class RewindFixture : IDisposable
{
    protected const int MostRecords = 1_000;
    protected const uint Epoch = 7;

    private MetricTotals? _totals;

    protected RewindFixture()
    {
        _totals = new MetricTotals();
        Reader = new RewindReader(Log, new MessageOptions(), new ConnectionOptions { OutboxMaxBytes = 1 << 16 }, Totals.Metrics, Lines);
        Rewinder = new Rewinder(Log, new ResumeOptions { MaxRecords = MostRecords }, Reader, Time);
    }

    protected FakeTimeProvider Time { get; } = new();

    protected MetricTotals Totals => _totals!;

    protected LogLines<RewindReader> Lines { get; } = new();

    protected RewindLog Log { get; } = new();

    protected RewindReader Reader { get; }

    protected Rewinder Rewinder { get; }

    [TearDown]
    public void Dispose()
    {
        _totals?.Dispose();
        _totals = null;
    }

    /// <summary>A position of one source topic.</summary>
    protected static Position At(params long[] next) => TestPosition.Of(Epoch, next);

    /// <summary>A client that waits.</summary>
    protected Client Ask(long from, long to, string user = "alice") => Ask(At(from), At(to), user);

    protected Client Ask(Position from, Position to, string user = "alice", params string[] topics)
    {
        var client = new Client();
        var set = topics.DefaultIfEmpty(user).Select(Topic.OfUser).ToHashSet();
        client.Answer = Rewinder.Read(new RewindRequest(from, to, set, user, client.Take), client.Gone.Token).AsTask();
        return client;
    }

    /// <summary>The next pass, as soon as it begins.</summary>
    protected async Task<Pass> NextPass()
    {
        Pass? pass = null;
        await Wait.Until(
            () =>
            {
                Time.Advance(TimeSpan.FromMilliseconds(25));
                return Log.Passes.Reader.TryRead(out pass);
            },
            "a pass begins");
        return pass!;
    }

    protected async Task<string?> AnswerOf(Client client)
    {
        await Wait.Until(
            () =>
            {
                Time.Advance(TimeSpan.FromMilliseconds(25));
                return client.Answer.IsCompleted;
            },
            "a client has its answer");
        return await client.Answer;
    }

    protected static LogRecord Record(long offset, string user = "alice", int partition = 0) =>
        new(0, partition, offset, 1_000 + offset, Encoding.UTF8.GetBytes(TestNode.Json(user, (int)offset)));

    internal sealed class Client
    {
        private readonly List<(LogRecord Record, string Topic, ReadOnlyMemory<byte> Json)> _taken = [];

        public Task<string?> Answer { get; set; } = null!;

        public CancellationTokenSource Gone { get; } = new();

        public Func<bool> OnTake { get; set; } = () => true;

        public IReadOnlyList<(LogRecord Record, string Topic, string Json)> Taken =>
            [.. _taken.Select(each => (each.Record, each.Topic, Encoding.UTF8.GetString(each.Json.Span)))];

        public IEnumerable<long> Offsets => _taken.Select(each => each.Record.Offset);

        public bool Take(LogRecord record, string topic, ReadOnlyMemory<byte> json)
        {
            _taken.Add((record, topic, json));
            return OnTake();
        }
    }

    internal sealed class Pass(Position from, Position to, Action<LogRecord> onRecord, CancellationToken stop)
    {
        private readonly TaskCompletionSource<string?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string?> Ended => _end.Task;

        public (long From, long To) Range => (from.Offsets(0)[0], to.Offsets(0)[0]);

        public (long[] From, long[] To) Ranges => (from.Offsets(0).ToArray(), to.Offsets(0).ToArray());

        public CancellationToken Stop => stop;

        public void Give(params LogRecord[] records) => Array.ForEach(records, onRecord);

        public void End(string? gap = null) => _end.SetResult(gap);

        public void Break(Exception failure) => _end.SetException(failure);
    }

    internal sealed class RewindLog : IMessageLog
    {
        public IReadOnlyList<string> SourceTopics { get; } = ["rig"];

        public LogHealth Health { get; } = new(true, null);

        public IReadOnlyList<PartitionLag> Lags => [];

        public Channel<Pass> Passes { get; } = System.Threading.Channels.Channel.CreateUnbounded<Pass>();

        /// <summary>What it waits for before it says what it has.</summary>
        public Task Answering { get; set; } = Task.CompletedTask;

        public bool WasAsked { get; private set; }

        public LogBounds? Has { get; set; } = new(At(0, 0), At(100_000, 100_000), [false]);

        public async Task<LogBounds?> Bounds(CancellationToken cancellation)
        {
            var has = Has;
            WasAsked = true;
            await Answering;
            return has;
        }

        public Task<string?> ReadAgain(Position from, Position to, Action<LogRecord> onRecord, CancellationToken cancellation)
        {
            var pass = new Pass(from, to, onRecord, cancellation);
            Passes.Writer.TryWrite(pass);
            return pass.Ended.WaitAsync(cancellation);
        }

        public ValueTask<AppendOutcome> Append(Message message, IReadOnlyList<KeyValuePair<string, string>> headers) => throw new NotSupportedException();

        public Task Read(LogReader reader, CancellationToken cancellation) => throw new NotSupportedException();

        public Task Drain(CancellationToken cancellation) => throw new NotSupportedException();
    }
}
