using System.Security.Cryptography;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.Presence;

/// <summary>
/// What ought to stand in the presence table in this node's name: an entry for each channel of its connections, and its own heartbeat. No
/// join waits for the table: <see cref="PresenceService"/> writes where the two differ, so an outage leaves only the difference to write.
/// </summary>
internal sealed class PresenceRoster
{
    private readonly ITable _table;
    private readonly string _self;
    private readonly NodeSummary _summary;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly Lock _leaving = new();
    private bool _isLeaving;

    public PresenceRoster(
        [FromKeyedServices(PresenceFeature.TableName)] ITable table, NodeId self, ConnectionRegistry registry, NodeSummary summary, TimeProvider time)
    {
        (_table, _self, _summary, _time) = (table, self.Value, summary, time);
        Difference = new PresenceDifference(table);
        _started = Now;
        table.Watch(OnChange);
        table.WatchLosses(OnLost);
        registry.Left += Leave;
    }

    /// <summary>Where the table differs from the roster.</summary>
    public PresenceDifference Difference { get; }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The record of a channel that is joined now.</summary>
    public byte[] Describe(Visitor visitor) => Describe(visitor, Now);

    /// <summary>
    /// A connection has joined a topic. Under the registry's <see cref="ConnectionRegistry.TotalOrder"/>, as its leaving is.
    /// </summary>
    public void Enter(Connection connection, string topic, byte[] description) =>
        Difference.Want(PresenceKey.OfChannel(_self, connection.Id, topic), description);

    /// <summary>
    /// A connection that has joined a topic has another token: its entry has other claims, and is
    /// as old as before. Under the registry's <see cref="ConnectionRegistry.TotalOrder"/>.
    /// </summary>
    public void Update(Connection connection, string topic, Visitor visitor)
    {
        var key = PresenceKey.OfChannel(_self, connection.Id, topic);
        if (Difference.Wanted(key) is { } earlier)
        {
            Difference.Want(key, Describe(visitor, PresenceRecord.TryRead(earlier)!.Time));
        }
    }

    /// <summary>Writes a heartbeat of this node, whether the table differs or not.</summary>
    public async Task<AppendOutcome> Beat(long number)
    {
        Difference.Expect(_self, new PresenceHeartbeat(_started, number, await _summary.ToJson()).Write());
        return await Write(_self);
    }

    /// <summary>Writes to the table what ought to stand under a key.</summary>
    public Task<AppendOutcome> Write(string key)
    {
        lock (_leaving)
        {
            return _isLeaving ? Task.FromResult(AppendOutcome.NotStored)
                : Difference.Wanted(key) is { } value ? _table.Put(key, new TableEntry(value, DateTimeOffset.MaxValue))
                : _table.Remove(key);
        }
    }

    /// <summary>Removes this node's own record, and with it all its entries. Nothing is written in its name afterwards.</summary>
    public Task<AppendOutcome> TakeLeave()
    {
        lock (_leaving)
        {
            _isLeaving = true;
            return _table.Remove(_self);
        }
    }

    private static byte[] Describe(Visitor visitor, long since) =>
        PresenceRecord.Write(visitor, since, Convert.ToBase64String(RandomNumberGenerator.GetBytes(8)));

    private void Leave(Connection connection, string topic) => Difference.Unwant(PresenceKey.OfChannel(_self, connection.Id, topic));

    /// <summary>Another node may have taken this one for dead, or a write whose outcome was unknown turns up after all.</summary>
    private void OnChange(TableChange change)
    {
        if (PresenceKey.IsOf(_self, change.Key))
        {
            Difference.OnChange(change);
        }
    }

    private void OnLost(string key)
    {
        if (PresenceKey.IsOf(_self, key))
        {
            Difference.Doubt(key);
        }
    }
}
