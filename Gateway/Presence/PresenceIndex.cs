using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Presence;

/// <summary>Who is online on all nodes, by the presence table: so every node shows the same.</summary>
internal sealed partial class PresenceIndex
{
    /// <summary>
    /// Another node counts as dead when it sent no heartbeat while this node sent so many. Only the log
    /// counts, no clock: a node that is behind, or has no Kafka, does not read its own heartbeats either.
    /// </summary>
    private const int MostMissed = 6;

    private readonly ITable _table;
    private readonly string _self;
    private readonly PresenceTopics _topics;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Node> _nodes = [];

    /// <summary>The last heartbeat of this node that has been read.</summary>
    private long _beat;

    public PresenceIndex(
        [FromKeyedServices(PresenceFeature.TableName)] ITable table,
        NodeId self,
        PresenceTopics topics,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<PresenceIndex> logger)
    {
        (_table, _self, _topics, _metrics, _time, _logger) = (table, self.Value, topics, metrics, time, logger);
        table.Watch(OnChange);
    }

    /// <summary>Completes when this node knows who is online.</summary>
    public Task CaughtUp => _table.CaughtUp;

    /// <summary>The nodes that are there, by their own records, the oldest first.</summary>
    public IReadOnlyList<ListedNode> Nodes
    {
        get
        {
            lock (_lock)
            {
                return [.. _nodes.Values.Where(node => node.IsThere)
                    .OrderBy(node => node.Started).ThenBy(node => node.Id, StringComparer.Ordinal)
                    .Select(node => new ListedNode(node.Id, node.Id == _self, node.Started, _beat - node.HeardAt, _time.GetElapsedTime(node.HeardOn), node.Summary))];
            }
        }
    }

    /// <summary>The channels of a session. It looks at all channels.</summary>
    public IReadOnlyList<(PresenceEntry Entry, PresenceRecord Record)> OfSession(string session)
    {
        PresenceEntry[] all;
        lock (_lock)
        {
            all = [.. _nodes.Values.Where(node => node.IsThere).SelectMany(node => node.Entries.Values)];
        }

        return [.. all.Select(entry => (entry, Record: entry.Read())).Where(found => found.Record.Session == session)];
    }

    /// <summary>A user's own channels: one for each of their connections.</summary>
    public IReadOnlyList<(PresenceEntry Entry, PresenceRecord Record)> OfUser(string user) =>
        [.. _topics.On(Topic.UserPrefix + user).Select(entry => (entry, Record: entry.Read())).Where(found => found.Record.User == user)];

    /// <summary>Removes records of dead nodes, if this node is the oldest of those that are alive.</summary>
    /// <param name="most">How many at once.</param>
    public Task RemoveAbandoned(int most) => Task.WhenAll(Abandoned().Take(most).Select(_table.Remove));

    private IReadOnlyList<string> Abandoned()
    {
        lock (_lock)
        {
            var alive = _nodes.Values.Where(node => node.IsThere && !IsDead(node));
            if (alive.OrderBy(node => node.Started).ThenBy(node => node.Id, StringComparer.Ordinal).FirstOrDefault()?.Id != _self)
            {
                return [];
            }

            // A node's own record comes first: without it no node shows its entries.
            var dead = _nodes.Values.Where(node => node.IsThere && IsDead(node)).ToArray();
            var withEntries = _nodes.Values.Where(node => !node.IsThere).Concat(dead);
            return [.. dead.Select(node => node.Id), .. withEntries.SelectMany(node => node.Entries.Keys)];
        }
    }

    private bool IsDead(Node node) => _beat - node.HeardAt >= MostMissed;

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
                node = new Node(key.Node);
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

    private void OnNode(Node node, TableEntry? heartbeat)
    {
        var wasThere = node.IsThere;
        var read = heartbeat is { } record ? PresenceHeartbeat.Read(record.Value) : default;
        (node.IsThere, node.Started, node.Summary) = (heartbeat is not null, read.Started, read.Summary);
        if (node.Id == _self)
        {
            _beat = Math.Max(_beat, read.Beat);
        }

        (node.HeardAt, node.HeardOn) = (_beat, _time.GetTimestamp());
        if (node.IsThere != wasThere)
        {
            foreach (var entry in node.Entries.Values)
            {
                if (node.IsThere)
                {
                    _topics.Add(entry, entry.Read());
                }
                else
                {
                    _topics.Remove(entry);
                }
            }
        }

        if (node.Id == _self && !node.IsThere)
        {
            // A node that the others took for dead has missed too much to judge them.
            foreach (var other in _nodes.Values)
            {
                other.HeardAt = _beat;
            }
        }
    }

    private void OnChannel(Node node, PresenceKey key, TableChange change)
    {
        if (node.Entries.TryGetValue(change.Key, out var present)
            && change.Entry is { } again && again.Value.AsSpan().SequenceEqual(present.Value))
        {
            // It was only written again.
            return;
        }

        if (node.Entries.Remove(change.Key, out var earlier))
        {
            _topics.Remove(earlier);
        }

        if (change.Entry is not { Value: var value })
        {
            return;
        }

        if (PresenceRecord.TryRead(value) is not { } record)
        {
            Skip(TableEntry.BadValue);
            return;
        }

        var entry = new PresenceEntry(node.Id, key.Connection, key.Topic!, value);
        node.Entries.Add(change.Key, entry);
        if (node.IsThere)
        {
            _topics.Add(entry, record);
        }
    }

    private void Skip(string fault)
    {
        _metrics.TableRecordSkipped(PresenceFeature.TableName, fault);
        LogSkipped(fault);
    }

    [LoggerMessage(1902, LogLevel.Warning,
        "Presence: skipped a record of the table that this node cannot read ({Fault}).", EventName = "PresenceSkipped")]
    private partial void LogSkipped(string fault);

    /// <summary>A node as the table shows it. Its entries count while its own record is there.</summary>
    private sealed class Node(string id)
    {
        public string Id => id;

        /// <summary>Whether its record is there.</summary>
        public bool IsThere { get; set; }

        /// <summary>When it started, in milliseconds since the Unix epoch, by its own clock.</summary>
        public long Started { get; set; }

        /// <summary>The last heartbeat of this node that had been read when that one was last heard.</summary>
        public long HeardAt { get; set; }

        /// <summary>When that one was heard, by the clock of this node.</summary>
        public long HeardOn { get; set; }

        /// <summary>What it says of itself.</summary>
        public string? Summary { get; set; }

        /// <summary>Its channels by their keys in the table.</summary>
        public Dictionary<string, PresenceEntry> Entries { get; } = [];
    }
}

/// <summary>A node as its own record shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsSelf">Whether it is this one.</param>
/// <param name="Started">When it started, in milliseconds since the Unix epoch, by its own clock.</param>
/// <param name="Missed">How many heartbeats this node has sent since that one was heard last.</param>
/// <param name="Ago">How long ago that was.</param>
/// <param name="Summary">What it says of itself, as JSON; null where its version says nothing.</param>
internal sealed record ListedNode(string Id, bool IsSelf, long Started, long Missed, TimeSpan Ago, string? Summary);
