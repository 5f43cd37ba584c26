using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Messages;
using RigKafka.Presence;

namespace RigKafka.Channels;

/// <summary>The one way onto a topic and off it, whatever the transport: a connection listens from here on, and others see that it does.</summary>
/// <param name="fanOut">What it listens to.</param>
/// <param name="registry">Keeps who listens.</param>
/// <param name="topics">Who is there; null where nobody is told.</param>
/// <param name="roster">Where it is noted; null where it is not.</param>
internal sealed class Membership(FanOut fanOut, ConnectionRegistry registry, PresenceTopics? topics = null, PresenceRoster? roster = null)
{
    /// <summary>Makes a connection a listener of topics, all at once.</summary>
    /// <returns>The node's position, as an id, from which on it hears everything, and what comes before for each topic on which the user is told who is there.</returns>
    public (byte[] Id, IReadOnlyList<byte[]> States) Join(Connection connection, Visitor visitor, IReadOnlyList<string> names)
    {
        var descriptions = names.Select(name => Describe(visitor, name)).ToArray();
        lock (registry.TotalOrder)
        {
            byte[][] states = [.. names.Select(name => State(visitor, name)).OfType<byte[]>()];
            var id = fanOut.Join(connection, names);
            for (var i = 0; i < names.Count; i++)
            {
                Enter(connection, names[i], descriptions[i]);
            }

            return (id, states);
        }
    }

    /// <summary>Makes a connection a listener of a topic.</summary>
    /// <param name="connection">The connection; one that listens to the topic already leaves it first.</param>
    /// <param name="visitor">Whose it is.</param>
    /// <param name="name">The topic.</param>
    /// <param name="frames">Makes what the client is told before the first event, from who is there, if the user is told that.</param>
    public void Join(Connection connection, Visitor visitor, string name, Func<byte[]?, byte[]> frames)
    {
        var description = Describe(visitor, name);
        lock (registry.TotalOrder)
        {
            fanOut.Join(connection, name, frames(State(visitor, name)));
            Enter(connection, name, description);
        }
    }

    /// <summary>Has others see what has changed of whoever holds a connection that has joined topics.</summary>
    public void Renew(Connection connection, Visitor visitor, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            lock (registry.TotalOrder)
            {
                roster?.Renew(connection, name, visitor);
            }
        }
    }

    /// <summary>Makes a connection no listener of a topic any more.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The topic.</param>
    /// <param name="frames">What the client is told after the last event.</param>
    public void Leave(Connection connection, string name, byte[] frames) => fanOut.Leave(connection, name, frames);

    private static bool IsOfUser(string name) => name.StartsWith(Topic.UserPrefix, StringComparison.Ordinal);

    /// <summary>As in the original, whoever listens to another user or to a role is told of changes only.</summary>
    private byte[]? State(Visitor visitor, string name) =>
        IsOfUser(name) && name.AsSpan(Topic.UserPrefix.Length).SequenceEqual(visitor.Identity.User) ? topics?.State(name) : null;

    /// <summary>As in the original, nobody is listed for listening to a role.</summary>
    private byte[]? Describe(Visitor visitor, string name) => IsOfUser(name) ? roster?.Describe(visitor) : null;

    private void Enter(Connection connection, string name, byte[]? description)
    {
        // One that has ended has left already, for good.
        if (description is not null && !connection.IsRemoved)
        {
            roster!.Enter(connection, name, description);
        }
    }
}
