using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Messages;
using RigKafka.Presence;

namespace RigKafka.Channels;

/// <summary>What came of joining several topics at once.</summary>
/// <param name="Decisions">For each topic whether it is open to the user. One that is not lets none be joined.</param>
/// <param name="Id">The id from which on the connection hears everything, empty until a gap says it; null where nothing is joined.</param>
/// <param name="States">What comes before the first event on those topics on which the user is told who is there.</param>
internal sealed record Joined(IReadOnlyList<JoinDecision> Decisions, byte[]? Id, IReadOnlyList<byte[]> States)
{
    public bool IsAllowed => Id is not null;
}

/// <summary>
/// The one way onto a topic and off it, on every transport: a connection listens from here on, and others see that it does.
/// </summary>
/// <param name="policy">Who may listen to what.</param>
/// <param name="resumption">Gives a client what it missed.</param>
/// <param name="registry">Keeps who listens.</param>
/// <param name="topics">Who is there; null where clients are not told.</param>
/// <param name="roster">Where it is noted; null where it is not.</param>
internal sealed class Membership(
    JoinPolicy policy, ConnectionRegistry registry, Resumption resumption, PresenceTopics? topics = null, PresenceRoster? roster = null)
{
    /// <summary>Whether a topic is open to a user.</summary>
    public JoinDecision Decide(Identity identity, string name) => policy.Decide(identity, name);

    /// <summary>Whether a client that goes on from an id can do so here; see <see cref="Resumption.HasReached"/>.</summary>
    public ValueTask<bool> HasReached(Since? since, IEnumerable<string> names) => resumption.HasReached(since, names);

    /// <summary>Makes a connection a listener of topics, all at once, if all of them are open to its user.</summary>
    /// <param name="connection">The connection, whose client hears all topics as one stream.</param>
    /// <param name="visitor">Whose it is.</param>
    /// <param name="names">The topics.</param>
    /// <param name="since">From where its client goes on; null for from now.</param>
    public Joined Join(Connection connection, Visitor visitor, List<string> names, Since? since = null)
    {
        var decisions = names.ConvertAll(name => policy.Decide(visitor.Identity, name));
        if (!decisions.TrueForAll(decision => decision.Allowed))
        {
            return new Joined(decisions, null, []);
        }

        var descriptions = names.ConvertAll(name => Describe(visitor, name));
        var hold = since is null ? null : new Hold(connection, "");
        JoinPoint here;
        byte[][] states;
        lock (registry.TotalOrder)
        {
            states = [.. names.Select(name => State(visitor, name)).OfType<byte[]>()];
            for (var i = 0; i < names.Count; i++)
            {
                Enter(connection, names[i], descriptions[i], hold: hold);
            }

            here = resumption.Here();
        }

        if (since is not null)
        {
            _ = resumption.Resume(hold!, connection.Format, names, since, here);
        }

        return new Joined(decisions, since?.Id ?? here.Position.ToId(), states);
    }

    /// <summary>Makes a connection a listener of a topic that is open to its user.</summary>
    /// <param name="connection">The connection; one that listens to the topic already leaves it first.</param>
    /// <param name="visitor">Whose it is.</param>
    /// <param name="name">The topic.</param>
    /// <param name="format">How its events look.</param>
    /// <param name="since">From where its client goes on, if its events have ids; null for from now.</param>
    /// <param name="frames">
    /// Makes what the client is told before the first event, from who is there, if the user is told that, and from the id from which on it
    /// hears everything, if it asked for ids; empty until a gap says it.
    /// </param>
    public void Join(
        Connection connection, Visitor visitor, string name, WireFormat format, Since? since, Func<byte[]?, byte[]?, byte[]> frames)
    {
        var description = Describe(visitor, name);
        var hold = since is null ? null : new Hold(connection, name);
        JoinPoint here;
        lock (registry.TotalOrder)
        {
            here = resumption.Here();
            var id = format.HasIds ? since?.Id ?? here.Position.ToId() : null;
            Enter(connection, name, description, frames(State(visitor, name), id), format, hold);
        }

        if (since is not null)
        {
            _ = resumption.Resume(hold!, format, [name], since, here);
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

    /// <summary>As in the original, a client that listens to another user or to a role is told of changes only.</summary>
    private byte[]? State(Visitor visitor, string name) =>
        Topic.IsOfUser(name) && name.AsSpan(Topic.UserPrefix.Length).SequenceEqual(visitor.Identity.User) ? topics?.State(name) : null;

    /// <summary>As in the original, a client is not listed for listening to a role.</summary>
    private byte[]? Describe(Visitor visitor, string name) => Topic.IsOfUser(name) ? roster?.Describe(visitor) : null;

    private void Enter(
        Connection connection, string name, byte[]? description, byte[]? frames = null, WireFormat? format = null, Hold? hold = null)
    {
        registry.Join(connection, name, frames, format, hold);
        // One that has ended has left already, for good.
        if (description is not null && !connection.IsRemoved)
        {
            roster!.Enter(connection, name, description);
        }
    }
}
