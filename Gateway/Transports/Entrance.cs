using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Sessions;

namespace RigKafka.Transports;

/// <summary>
/// The one way in: every client that wants a connection is asked the same questions in the same order, on every transport.
/// </summary>
internal sealed class Entrance(
    TokenGate tokens, Admission admission, ConnectionRegistry registry, IMessageLog log)
{
    /// <summary>Lets a client in, who must then <see cref="Leave"/>, or says why not.</summary>
    /// <param name="context">The request.</param>
    /// <param name="token">The token, null when there is none.</param>
    public async ValueTask<Entered> Enter(HttpContext context, string? token)
    {
        if (token is null)
        {
            return EntryRefusal.ForToken(EntryRefusalWords.NoToken);
        }

        if (registry.IsShut)
        {
            return EntryRefusal.ForNow(CloseReason.Shutdown.Name, "This node is being stopped; another one will answer.");
        }

        if (admission.Refuse(context.Connection.RemoteIpAddress) is { } limit)
        {
            return limit;
        }

        if (!tokens.IsOpen)
        {
            return EntryRefusal.ForNow(EntryRefusalWords.BlacklistUnread, "This node does not know yet whom not to let in.");
        }

        if (!log.Health.Ready)
        {
            return EntryRefusal.ForNow(EntryRefusalWords.LogUnread, "This node has not reached the log yet.");
        }

        var verdict = await tokens.Verify(token);
        if (!verdict.Accepted)
        {
            return verdict.Refusal == TokenRefusal.KeysUnavailable
                ? EntryRefusal.ForNow(verdict.Refusal.Value.Word(), "Tokens cannot be checked now.")
                : EntryRefusal.ForToken(verdict.Refusal.Value.Word());
        }

        return admission.TryEnter(verdict.Identity.User)
            ? new Entered(verdict.Identity, null)
            : EntryRefusal.ForTooMuch(EntryRefusalWords.UserConnections, "This user has as many connections as a user may have.");
    }

    /// <summary>Opens the connection of a client that was let in.</summary>
    public Connection Open(Wire wire, WireFormat format, string transport, Identity identity)
    {
        var connection = registry.Add(wire, format, transport, identity.ToHolder());
        tokens.CheckAgain(connection, identity);
        return connection;
    }

    /// <summary>Counts out a client that <see cref="Enter"/> has let in.</summary>
    public void Leave(string? user) => admission.Leave(user);
}
