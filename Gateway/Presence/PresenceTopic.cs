namespace RigKafka.Presence;

/// <summary>Who is listed on a topic, and what its listeners have not been told yet.</summary>
internal sealed class PresenceTopic(string name)
{
    private PresencePlace? _last;
    private List<PresenceEntry>? _joins;
    private List<PresenceEntry>? _leaves;

    public string Name => name;

    public int Count { get; private set; }

    /// <summary>Those who are listed, the newest first.</summary>
    public IEnumerable<PresenceEntry> Entries
    {
        get
        {
            for (var place = _last; place is not null; place = place.Previous)
            {
                yield return place.Entry;
            }
        }
    }

    /// <summary>Whether its listeners' picture is no longer kept right, since too many are listed.</summary>
    public bool IsMuted { get; private set; }

    /// <summary>Whether somebody waits for it to be told what has changed.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Those whom the listeners know of: without those who have come since they were told last, and with those who have gone.</summary>
    public IEnumerable<PresenceEntry> Told => Entries.Except(_joins ?? []).Concat(_leaves ?? []);

    public void Add(PresenceEntry entry, int most)
    {
        var place = new PresencePlace(this, entry) { NextOfEntry = entry.Place, Previous = _last };
        entry.Place = place;
        _last?.Next = place;
        _last = place;
        Count++;
        Note(entry, most, ref _joins, _leaves);
    }

    public void Remove(PresencePlace place, int most)
    {
        place.Previous?.Next = place.Next;
        if (place.Next is { } next)
        {
            next.Previous = place.Previous;
        }
        else
        {
            _last = place.Previous;
        }

        Count--;
        Note(place.Entry, most, ref _leaves, _joins);
    }

    /// <summary>The event, and its payload, by which the listeners who know <see cref="Told"/> get to know all; null when they need none.</summary>
    public (string Name, byte[] Payload)? News(int most) =>
        Count > most ? null
        : IsMuted ? (PresencePayload.StateEvent, PresencePayload.State(Entries))
        : _joins is { Count: > 0 } || _leaves is { Count: > 0 } ? (PresencePayload.DiffEvent, PresencePayload.Diff(_joins ?? [], _leaves ?? []))
        : null;

    /// <summary>From here on the listeners know all there is to know, if it is not too much.</summary>
    public void Settle(int most)
    {
        (_joins, _leaves) = (null, null);
        (IsMuted, IsChanged) = (Count > most, false);
    }

    private void Note(PresenceEntry entry, int most, ref List<PresenceEntry>? changes, List<PresenceEntry>? opposite)
    {
        if (IsMuted || Count > most)
        {
            (_joins, _leaves) = (null, null);
            IsMuted = true;
        }
        else if (opposite?.FindIndex(other => other.Value.AsSpan().SequenceEqual(entry.Value)) is { } same and >= 0)
        {
            // One that is back with the same reference would be taken for gone by a client that is told both.
            opposite.RemoveAt(same);
        }
        else
        {
            (changes ??= []).Add(entry);
        }
    }
}
