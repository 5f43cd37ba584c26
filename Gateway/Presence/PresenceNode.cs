namespace RigKafka.Presence;

/// <summary>A node as the presence table shows it. Its entries count while its own record is there.</summary>
internal sealed class PresenceNode(string id)
{
    public string Id => id;

    /// <summary>Whether its record is there.</summary>
    public bool IsThere { get; set; }

    /// <summary>When it started, in milliseconds since the Unix epoch, by its own clock.</summary>
    public long Started { get; set; }

    /// <summary>The last heartbeat of this node itself that had been read when it was heard last.</summary>
    public long HeardAt { get; set; }

    /// <summary>Its channels by their keys in the table.</summary>
    public Dictionary<string, PresenceEntry> Entries { get; } = [];
}
