using RigKafka.Connections;
using RigKafka.Messages;

namespace RigKafka.Presence;

/// <summary>
/// Who is listed on which topic. Tells the listeners of a topic who came and went: one event for all changes within a moment.
/// </summary>
/// <remarks>
/// Its lock may be taken while the registry's <see cref="ConnectionRegistry.TotalOrder"/> is held, never the other way round.
/// </remarks>
internal sealed class PresenceTopics
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private readonly ConnectionRegistry _registry;
    private readonly int _most;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PresenceTopic> _topics = [];
    private readonly ITimer _telling;
    private List<PresenceTopic> _changed = [];
    private bool _isTelling;
    private bool _isSilent;

    public PresenceTopics(ConnectionRegistry registry, PresenceOptions options, TimeProvider time)
    {
        (_registry, _most) = (registry, options.MaxEntries);
        _telling = time.CreateTimer(_ => TellAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Who is listed on a topic at this moment.</summary>
    public IReadOnlyList<PresenceEntry> On(string topic)
    {
        lock (_lock)
        {
            return _topics.TryGetValue(topic, out var found) ? [.. found.Entries] : [];
        }
    }

    /// <summary>
    /// The payload of <c>presence_state</c> for a client that begins to listen to a topic now, and hears of every change
    /// from now on; null where too many are listed. Under the registry's <see cref="ConnectionRegistry.TotalOrder"/>.
    /// </summary>
    public byte[]? State(string topic)
    {
        lock (_lock)
        {
            return !_topics.TryGetValue(topic, out var found) ? PresencePayload.State([])
                : found.IsMuted ? null
                : PresencePayload.State(found.Told);
        }
    }

    /// <summary>Lists an entry on its topic; one on the user's own topic also on the topics of the user's roles.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="record">What it says.</param>
    public void Add(PresenceEntry entry, PresenceRecord record)
    {
        string[] names = record.IsOwn(entry.Topic)
            ? [.. record.Roles.Distinct().Select(role => Topic.RolePrefix + role), entry.Topic]
            : [entry.Topic];
        lock (_lock)
        {
            foreach (var name in names)
            {
                Changed(Find(name)).Add(entry, _most);
            }
        }
    }

    public void Remove(PresenceEntry entry)
    {
        lock (_lock)
        {
            for (var place = entry.Place; place is not null; place = place.NextOfEntry)
            {
                Changed(place.Topic).Remove(place, _most);
            }

            entry.Place = null;
        }
    }

    /// <summary>Tells nobody anything from now on: this node stops, and its clients get the whole state from another.</summary>
    public void FallSilent() => Volatile.Write(ref _isSilent, true);

    private PresenceTopic Find(string name)
    {
        if (!_topics.TryGetValue(name, out var topic))
        {
            topic = new PresenceTopic(name);
            _topics.Add(name, topic);
        }

        return topic;
    }

    private PresenceTopic Changed(PresenceTopic topic)
    {
        if (topic.IsChanged)
        {
            return topic;
        }

        topic.IsChanged = true;
        _changed.Add(topic);
        if (!_isTelling)
        {
            _isTelling = true;
            _telling.Change(Moment, Timeout.InfiniteTimeSpan);
        }

        return topic;
    }

    private async void TellAll()
    {
        List<PresenceTopic> changed;
        lock (_lock)
        {
            (changed, _changed) = (_changed, []);
        }

        // One after the other, each when there is room, so that messages get through in between.
        foreach (var topic in changed)
        {
            await _registry.WhenRoom();
            Tell(topic);
        }

        lock (_lock)
        {
            _isTelling = _changed.Count > 0;
            if (_isTelling)
            {
                _telling.Change(Moment, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Tell(PresenceTopic topic)
    {
        var idle = new List<DeliveryLoop>();
        lock (_registry.TotalOrder)
        {
            var listeners = Volatile.Read(ref _isSilent) ? null : _registry.Find(topic.Name);
            if (Settle(topic, isHeard: listeners is not null) is var (name, payload))
            {
                listeners!.Post(new Event(topic.Name, name, payload, [], null), idle);
            }
        }

        foreach (var loop in idle)
        {
            loop.Schedule();
        }
    }

    private (string Name, byte[] Payload)? Settle(PresenceTopic topic, bool isHeard)
    {
        lock (_lock)
        {
            var news = isHeard ? topic.News(_most) : null;
            topic.Settle(_most);
            if (topic.Count == 0)
            {
                _topics.Remove(topic.Name);
            }

            return news;
        }
    }
}
