namespace RigKafka.Presence;

/// <summary>Where an entry is listed.</summary>
internal readonly record struct PresencePlace(PresenceTopic Topic, LinkedListNode<PresenceEntry> Node);
