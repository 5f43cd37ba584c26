namespace RigKafka.Connections;

/// <summary>The open connections of this node by session and by user, to end them by.</summary>
internal sealed class SessionIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedList<Connection>> _sessions = [];
    private readonly Dictionary<string, LinkedList<Connection>> _users = [];

    /// <summary>The connections of a session at this moment.</summary>
    public IReadOnlyList<Connection> OfSession(string session) => Find(_sessions, session);

    /// <summary>The connections of a user at this moment.</summary>
    public IReadOnlyList<Connection> OfUser(string user) => Find(_users, user);

    public void Add(Connection connection)
    {
        lock (_lock)
        {
            if (connection.Holder is not { } holder)
            {
                return;
            }

            Add(_sessions, holder.Session, connection.OfSession);
            if (holder.User is { } user)
            {
                Add(_users, user, connection.OfUser);
            }
        }
    }

    /// <summary>Has a connection be found by another session of its user; one that has ended is found no more.</summary>
    public void Renew(Connection connection, Holder holder)
    {
        lock (_lock)
        {
            if (connection.Holder is { } earlier && connection.OfSession.List is not null)
            {
                Remove(_sessions, earlier.Session, connection.OfSession);
                connection.Holder = holder;
                Add(_sessions, holder.Session, connection.OfSession);
            }
        }
    }

    public void Remove(Connection connection)
    {
        lock (_lock)
        {
            if (connection.Holder is not { } holder)
            {
                return;
            }

            Remove(_sessions, holder.Session, connection.OfSession);
            if (holder.User is { } user)
            {
                Remove(_users, user, connection.OfUser);
            }
        }
    }

    private static void Add(Dictionary<string, LinkedList<Connection>> index, string key, LinkedListNode<Connection> place)
    {
        if (!index.TryGetValue(key, out var connections))
        {
            connections = new LinkedList<Connection>();
            index.Add(key, connections);
        }

        connections.AddLast(place);
    }

    private static void Remove(Dictionary<string, LinkedList<Connection>> index, string key, LinkedListNode<Connection> place)
    {
        if (place.List is not { } connections)
        {
            return;
        }

        connections.Remove(place);
        if (connections.Count == 0)
        {
            index.Remove(key);
        }
    }

    private IReadOnlyList<Connection> Find(Dictionary<string, LinkedList<Connection>> index, string key)
    {
        lock (_lock)
        {
            return index.TryGetValue(key, out var connections) ? [.. connections] : [];
        }
    }
}
