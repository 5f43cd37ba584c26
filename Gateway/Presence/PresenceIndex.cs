using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Presence;

/// <summary>Who is online on all nodes, as the presence table has it: so every node shows the same.</summary>
internal sealed partial class PresenceIndex
{
    /// <summary>After how many heartbeats of this node another one counts as dead that sent none meanwhile. The log says so alone, and no clock: a node that is
    /// behind, or has no Kafka, reads its own heartbeats no more than those of the others.</summary>
    private const int MostMissed = 6;

    private readonly ITable _table;
    private readonly string _self;
    private readonly PresenceTopics _topics;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PresenceNode> _nodes = [];

    /// <summary>The last heartbeat of this node that has been read.</summary>
    private long _beat;

    public PresenceIndex([FromKeyedServices(PresenceFeature.TableName)] ITable table, NodeId self, PresenceTopics topics, GatewayMetrics metrics, ILogger<PresenceIndex> logger)
    {
        (_table, _self, _topics, _metrics, _logger) = (table, self.Value, topics, metrics, logger);
        table.Watch(OnChange);
    }

    /// <summary>Whether this node knows who is online.</summary>
    public bool IsCaughtUp => _table.CaughtUp.IsCompleted;

    /// <summary>The channels of a session. It looks at everybody.</summary>
    public IReadOnlyList<(PresenceEntry Entry, PresenceRecord Record)> OfSession(string session)
    {
        PresenceEntry[] everybody;
        lock (_lock)
        {
            everybody = [.. _nodes.Values.Where(node => node.IsThere).SelectMany(node => node.Entries.Values)];
        }

        return [.. everybody.Select(entry => (entry, Record: entry.Read())).Where(found => found.Record.Session == session)];
    }

    /// <summary>A user's own channels: one for each of their connections.</summary>
    public IReadOnlyList<(PresenceEntry Entry, PresenceRecord Record)> OfUser(string user) =>
        [.. _topics.On(Topic.UserPrefix + user).Select(entry => (entry, Record: entry.Read())).Where(found => found.Record.User == user)];

    /// <summary>
    /// The keys of the records that nobody will take back any more, if it is on this node to remove them: the oldest that is alive does.
    /// </summary>
    public IReadOnlyList<string> Abandoned()
    {
        lock (_lock)
        {
            var alive = _nodes.Values.Where(node => node.IsThere && !IsDead(node));
            if (alive.OrderBy(node => node.Started).ThenBy(node => node.Id, StringComparer.Ordinal).FirstOrDefault()?.Id != _self)
            {
                return [];
            }

            // A node's own record comes first: with it all its entries go, wherever that is read.
            var dead = _nodes.Values.Where(node => node.IsThere && IsDead(node)).ToArray();
            return [.. dead.Select(node => node.Id), .. _nodes.Values.Where(node => !node.IsThere).Concat(dead).SelectMany(node => node.Entries.Keys)];
        }
    }

    private bool IsDead(PresenceNode node) => _beat - node.HeardAt >= MostMissed;

    private void OnChange(TableChange change)
    {
        if (PresenceKey.TryParse(change.Key) is not { } key)
        {
            Skip(TableEntry.BadKey);
            return;
        }

        lock (_lock)
        {
            if (!_nodes.TryGetValue(key.Node, out var node))
            {
                node = new PresenceNode(key.Node);
                _nodes.Add(key.Node, node);
            }

            if (key.Topic is null)
            {
                OnNode(node, change.Entry);
            }
            else
            {
                OnChannel(node, key, change);
            }

            if (!node.IsThere && node.Entries.Count == 0)
            {
                _nodes.Remove(node.Id);
            }
        }
    }

    private void OnNode(PresenceNode node, TableEntry? heartbeat)
    {
        var wasThere = node.IsThere;
        var read = heartbeat is { } record ? PresenceHeartbeat.Read(record.Value) : default;
        (node.IsThere, node.Started) = (heartbeat is not null, read.Started);
        if (node.Id == _self)
        {
            _beat = Math.Max(_beat, read.Beat);
        }

        node.HeardAt = _beat;
        if (node.IsThere != wasThere)
        {
            Action<PresenceEntry> turn = node.IsThere ? _topics.Add : _topics.Remove;
            foreach (var entry in node.Entries.Values)
            {
                turn(entry);
            }
        }

        if (node.Id == _self && !node.IsThere)
        {
            // Whoever was taken for dead itself has missed too much to judge of others.
            foreach (var other in _nodes.Values)
            {
                other.HeardAt = _beat;
            }
        }
    }

    private void OnChannel(PresenceNode node, PresenceKey key, TableChange change)
    {
        if (node.Entries.TryGetValue(change.Key, out var present) && change.Entry is { } again && again.Value.AsSpan().SequenceEqual(present.Value))
        {
            // It was only written again: nobody came or went.
            return;
        }

        if (node.Entries.Remove(change.Key, out var earlier))
        {
            _topics.Remove(earlier);
        }

        if (change.Entry is not { } record)
        {
            return;
        }

        if (PresenceRecord.TryRead(record.Value) is null)
        {
            Skip(TableEntry.BadValue);
            return;
        }

        var entry = new PresenceEntry(node, key.Connection, key.Topic!, record.Value);
        node.Entries.Add(change.Key, entry);
        if (node.IsThere)
        {
            _topics.Add(entry);
        }
    }

    private void Skip(string fault)
    {
        _metrics.TableRecordSkipped(PresenceFeature.TableName, fault);
        LogSkipped(fault);
    }

    [LoggerMessage(1902, LogLevel.Warning, "Presence: skipped a record that says of nobody where they are ({Fault}).", EventName = "PresenceSkipped")]
    private partial void LogSkipped(string fault);
}
