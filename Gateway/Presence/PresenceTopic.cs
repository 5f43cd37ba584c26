namespace RigKafka.Presence;

/// <summary>Who is listed on a topic, and what its listeners have not been told yet.</summary>
internal sealed class PresenceTopic(string name)
{
    private Place? _last;
    private List<PresenceEntry>? _joins;
    private List<PresenceEntry>? _leaves;

    public string Name => name;

    public int Count { get; private set; }

    /// <summary>The entries that are listed, the newest first.</summary>
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

    /// <summary>Whether its listeners are no longer told of changes, since too many entries are listed.</summary>
    public bool IsMuted { get; private set; }

    /// <summary>Whether its listeners are to be told of a change.</summary>
    public bool IsChanged { get; set; }

    /// <summary>
    /// The entries that the listeners know of: without those that came since they were last told, and with those that went.
    /// </summary>
    public IEnumerable<PresenceEntry> Told => Entries.Except(_joins ?? []).Concat(_leaves ?? []);

    public void Add(PresenceEntry entry, int most)
    {
        var place = new Place(this, entry) { NextOfEntry = entry.Place, Previous = _last };
        entry.Place = place;
        _last?.Next = place;
        _last = place;
        Count++;
        Note(entry, most, ref _joins, _leaves);
    }

    public void Remove(Place place, int most)
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

    /// <summary>
    /// The event, and its payload, that takes listeners from <see cref="Told"/> to <see cref="Entries"/>; null when they need none.
    /// </summary>
    public (string Name, byte[] Payload)? News(int most) =>
        Count > most ? null
        : IsMuted ? (PresencePayload.StateEvent, PresencePayload.State(Entries))
        : _joins is { Count: > 0 } || _leaves is { Count: > 0 }
            ? (PresencePayload.DiffEvent, PresencePayload.Diff(_joins ?? [], _leaves ?? []))
        : null;

    /// <summary>The listeners know all entries from here on, if they are not too many.</summary>
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
            // A client that is told both would take an entry that is back with the same reference for gone.
            opposite.RemoveAt(same);
        }
        else
        {
            (changes ??= []).Add(entry);
        }
    }

    /// <summary>An entry's place in the list of a topic. There may be very many, so the list is made of these alone.</summary>
    internal sealed class Place(PresenceTopic topic, PresenceEntry entry)
    {
        public PresenceTopic Topic => topic;

        public PresenceEntry Entry => entry;

        /// <summary>The next place of the same entry, in another topic.</summary>
        public Place? NextOfEntry { get; init; }

        /// <summary>The neighbours in the topic's list.</summary>
        public Place? Next { get; set; }

        public Place? Previous { get; set; }
    }
}
