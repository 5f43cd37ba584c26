using System.Security.Cryptography;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Presence;

/// <summary>
/// This node's part of the presence table: an entry for each channel of its connections, and its own heartbeat. What ought to be there is kept here, and
/// wherever the table differs, that is written as soon as it takes it, so that no join waits for Kafka, and an outage leaves only the difference to write.
/// </summary>
internal sealed partial class PresenceRoster : BackgroundService, IHostedLifecycleService
{
    /// <summary>With six of them missed a dead node is noticed within 30 s, and one that hangs for less than 20 s is not taken for one.</summary>
    private static readonly TimeSpan BetweenHeartbeats = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan BeforeTryingAgain = TimeSpan.FromSeconds(1);

    /// <summary>How long the end of this node waits for its leave-taking to be in the table.</summary>
    private static readonly TimeSpan LeaveTaking = TimeSpan.FromSeconds(2);

    /// <summary>How many writes are under way at once.</summary>
    private const int MostAtOnce = 1000;

    private readonly ITable _table;
    private readonly string _self;
    private readonly PresenceIndex _index;
    private readonly PresenceTopics _topics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PresenceDifference _difference;
    private readonly Lock _leaving = new();
    private readonly long _started;
    private bool _isLeaving;
    private Task<AppendOutcome>? _left;

    public PresenceRoster(
        [FromKeyedServices(PresenceFeature.TableName)] ITable table, NodeId self, PresenceIndex index, PresenceTopics topics, ConnectionRegistry registry, TimeProvider time, ILogger<PresenceRoster> logger)
    {
        (_table, _self, _index, _topics, _time, _logger) = (table, self.Value, index, topics, time, logger);
        _difference = new PresenceDifference(table);
        _started = Now;
        table.Watch(OnChange);
        table.WatchLosses(OnLost);
        registry.Left += Leave;
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>What is to be kept of a channel that is joined now.</summary>
    public byte[] Describe(Visitor visitor) => Describe(visitor, Now);

    /// <summary>A connection has joined a topic. Under the registry's <see cref="ConnectionRegistry.TotalOrder"/>, as its leaving is.</summary>
    public void Enter(Connection connection, string topic, byte[] description) => _difference.Want(PresenceKey.OfChannel(_self, connection.Id, topic), description);

    /// <summary>Whoever has joined a topic is to be seen as somebody with other claims, there for as long as before. Under the registry's <see cref="ConnectionRegistry.TotalOrder"/>.</summary>
    public void Renew(Connection connection, string topic, Visitor visitor)
    {
        var key = PresenceKey.OfChannel(_self, connection.Id, topic);
        if (_difference.Wanted(key) is { } earlier)
        {
            _difference.Want(key, Describe(visitor, PresenceRecord.TryRead(earlier)!.Time));
        }
    }

    /// <summary>Called before any service is stopped: with this node's own record all its entries go at once.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _topics.FallSilent();
        lock (_leaving)
        {
            // Nothing of this node is written after it.
            _isLeaving = true;
            _left = _table.Remove(_self);
        }

        return Task.CompletedTask;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_left is { } left && !await HasLeft(left, cancellationToken))
        {
            LogNotLeft();
        }

        await base.StopAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _table.CaughtUp.WaitAsync(stoppingToken);
        // Neither is of use without the other.
        await await Task.WhenAny(WriteOn(stoppingToken), Beat(stoppingToken));
    }

    private static byte[] Describe(Visitor visitor, long since) => PresenceRecord.Write(visitor, since, Convert.ToBase64String(RandomNumberGenerator.GetBytes(8)));

    private void Leave(Connection connection, string topic) => _difference.Unwant(PresenceKey.OfChannel(_self, connection.Id, topic));

    /// <summary>Another node may have taken this one for dead, or a write of which nobody knew turns up after all.</summary>
    private void OnChange(TableChange change)
    {
        if (PresenceKey.IsOf(_self, change.Key))
        {
            _difference.OnChange(change);
        }
    }

    private void OnLost(string key)
    {
        if (PresenceKey.IsOf(_self, key))
        {
            _difference.Doubt(key);
        }
    }

    private async Task Beat(CancellationToken cancellation)
    {
        for (var beat = 1L; ; beat++)
        {
            _difference.Expect(_self, new PresenceHeartbeat(_started, beat).Write());
            while (await Write(_self) != AppendOutcome.Stored)
            {
                await Task.Delay(BeforeTryingAgain, _time, cancellation);
            }

            // Some at a time, so that the next heartbeat is not late.
            await Task.WhenAll(_index.Abandoned().Take(MostAtOnce).Select(_table.Remove));
            await Task.Delay(BetweenHeartbeats, _time, cancellation);
        }
    }

    private async Task WriteOn(CancellationToken cancellation)
    {
        while (true)
        {
            var isWell = true;
            foreach (var keys in (await _difference.Take(cancellation)).Chunk(MostAtOnce))
            {
                if (isWell)
                {
                    isWell = await Write(keys);
                }
                else
                {
                    Array.ForEach(keys, _difference.Compare);
                }
            }

            if (!isWell)
            {
                await Task.Delay(BeforeTryingAgain, _time, cancellation);
            }
        }
    }

    /// <summary>Returns whether the table takes what is written.</summary>
    private async Task<bool> Write(string[] keys)
    {
        var outcomes = await Task.WhenAll(_difference.Begin(keys).Select(async write =>
        {
            var outcome = await Write(write.Key);
            _difference.End(write.Key, write.WasDoubtful, outcome);
            return outcome;
        }));
        var tooLarge = outcomes.Count(outcome => outcome == AppendOutcome.TooLarge);
        if (tooLarge > 0)
        {
            LogTooLarge(tooLarge);
        }

        return Array.TrueForAll(outcomes, outcome => outcome is AppendOutcome.Stored or AppendOutcome.TooLarge);
    }

    private Task<AppendOutcome> Write(string key)
    {
        lock (_leaving)
        {
            return _isLeaving ? Task.FromResult(AppendOutcome.NotStored)
                : _difference.Wanted(key) is { } value ? _table.Put(key, new TableEntry(value, DateTimeOffset.MaxValue))
                : _table.Remove(key);
        }
    }

    private async Task<bool> HasLeft(Task<AppendOutcome> left, CancellationToken cancellation)
    {
        try
        {
            return await left.WaitAsync(LeaveTaking, _time, cancellation) == AppendOutcome.Stored;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(1900, LogLevel.Warning, "Presence: {Entries} channels are not listed, since their tokens' claims are too large for the table.", EventName = "PresenceTooLarge")]
    private partial void LogTooLarge(int entries);

    [LoggerMessage(1901, LogLevel.Information, "Presence: this node could not take its leave; its clients are listed on the others until its heartbeats are missed.", EventName = "PresenceNotLeft")]
    private partial void LogNotLeft();
}
