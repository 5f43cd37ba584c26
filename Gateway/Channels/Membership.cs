using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Messages;
using RigKafka.Presence;

namespace RigKafka.Channels;

/// <summary>What came of joining several topics at once.</summary>
/// <param name="Decisions">For each topic whether it is open to the user. One that is not lets none be joined.</param>
/// <param name="Id">The node's position, as an id, from which on the connection hears everything; null where nothing is joined.</param>
/// <param name="States">What comes before the first event on those topics on which the user is told who is there.</param>
internal sealed record Joined(IReadOnlyList<JoinDecision> Decisions, byte[]? Id, IReadOnlyList<byte[]> States)
{
    public bool IsAllowed => Id is not null;
}

/// <summary>
/// The one way onto a topic and off it, on every transport: a connection listens from here on, and others see that it does.
/// </summary>
/// <param name="policy">Who may listen to what.</param>
/// <param name="fanOut">Knows the position.</param>
/// <param name="registry">Keeps who listens.</param>
/// <param name="topics">Who is there; null where clients are not told.</param>
/// <param name="roster">Where it is noted; null where it is not.</param>
internal sealed class Membership(
    JoinPolicy policy, FanOut fanOut, ConnectionRegistry registry, PresenceTopics? topics = null, PresenceRoster? roster = null)
{
    /// <summary>Whether a topic is open to a user.</summary>
    public JoinDecision Decide(Identity identity, string name) => policy.Decide(identity, name);

    /// <summary>Makes a connection a listener of topics, all at once, if all of them are open to its user.</summary>
    public Joined Join(Connection connection, Visitor visitor, List<string> names)
    {
        var decisions = names.ConvertAll(name => policy.Decide(visitor.Identity, name));
        if (!decisions.TrueForAll(decision => decision.Allowed))
        {
            return new Joined(decisions, null, []);
        }

        var descriptions = names.ConvertAll(name => Describe(visitor, name));
        lock (registry.TotalOrder)
        {
            byte[][] states = [.. names.Select(name => State(visitor, name)).OfType<byte[]>()];
            for (var i = 0; i < names.Count; i++)
            {
                Enter(connection, names[i], descriptions[i]);
            }

            return new Joined(decisions, fanOut.Position.ToId(), states);
        }
    }

    /// <summary>Makes a connection a listener of a topic that is open to its user.</summary>
    /// <param name="connection">The connection; one that listens to the topic already leaves it first.</param>
    /// <param name="visitor">Whose it is.</param>
    /// <param name="name">The topic.</param>
    /// <param name="frames">Makes what the client is told before the first event, from who is there, if the user is told that.</param>
    public void Join(Connection connection, Visitor visitor, string name, Func<byte[]?, byte[]> frames)
    {
        var description = Describe(visitor, name);
        lock (registry.TotalOrder)
        {
            Enter(connection, name, description, frames(State(visitor, name)));
        }
    }

    /// <summary>Has others see what has changed of the user of a connection that has joined topics.</summary>
    public void Renew(Connection connection, Visitor visitor, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            lock (registry.TotalOrder)
            {
                roster?.Update(connection, name, visitor);
            }
        }
    }

    /// <summary>Makes a connection no listener of a topic any more.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="name">The topic.</param>
    /// <param name="frames">What the client is told after the last event.</param>
    public void Leave(Connection connection, string name, byte[] frames)
    {
        lock (registry.TotalOrder)
        {
            registry.Leave(connection, name, frames);
        }
    }

    private static bool IsOfUser(string name) => name.StartsWith(Topic.UserPrefix, StringComparison.Ordinal);

    /// <summary>As in the original, a client that listens to another user or to a role is told of changes only.</summary>
    private byte[]? State(Visitor visitor, string name) =>
        IsOfUser(name) && name.AsSpan(Topic.UserPrefix.Length).SequenceEqual(visitor.Identity.User) ? topics?.State(name) : null;

    /// <summary>As in the original, a client is not listed for listening to a role.</summary>
    private byte[]? Describe(Visitor visitor, string name) => IsOfUser(name) ? roster?.Describe(visitor) : null;

    private void Enter(Connection connection, string name, byte[]? description, byte[]? frames = null)
    {
        registry.Join(connection, name, frames);
        // One that has ended has left already, for good.
        if (description is not null && !connection.IsRemoved)
        {
            roster!.Enter(connection, name, description);
        }
    }
}
