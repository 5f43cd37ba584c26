namespace RigKafka.Presence;

/// <summary>An entry's place in the list of a topic. There may be very many, so that the list is made of these alone.</summary>
internal sealed class PresencePlace(PresenceTopic topic, PresenceEntry entry)
{
    public PresenceTopic Topic => topic;

    public PresenceEntry Entry => entry;

    /// <summary>The next place of the same entry, in another topic.</summary>
    public PresencePlace? NextOfEntry { get; init; }

    /// <summary>The neighbours in the topic's list.</summary>
    public PresencePlace? Next { get; set; }

    public PresencePlace? Previous { get; set; }
}
