using System.Runtime.InteropServices;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>Counts the connections of each user, where there is a limit to them.</summary>
internal sealed class UserConnections(ConnectionOptions options)
{
    /// <summary>The user has as many connections as anyone may.</summary>
    public const string TooMany = "user_connections";

    private readonly Dictionary<string, int> _open = [];
    private readonly Lock _gate = new();

    /// <summary>Counts one more, unless that were one too many. Whoever was counted in has to <see cref="Leave"/>. A user without a name is not counted: nothing is open to it.</summary>
    public bool TryEnter(string? user)
    {
        if (options.MaxConnectionsPerUser == 0 || user is null)
        {
            return true;
        }

        lock (_gate)
        {
            ref var open = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, user, out _);
            if (open >= options.MaxConnectionsPerUser)
            {
                return false;
            }

            open++;
            return true;
        }
    }

    public void Leave(string? user)
    {
        if (options.MaxConnectionsPerUser == 0 || user is null)
        {
            return;
        }

        lock (_gate)
        {
            if (--CollectionsMarshal.GetValueRefOrNullRef(_open, user) == 0)
            {
                _open.Remove(user);
            }
        }
    }
}
