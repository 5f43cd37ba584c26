using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Sessions;

namespace RigKafka.Transports;

/// <summary>The one way in: whoever wants a connection, on whatever transport, is asked the same questions in the same order.</summary>
internal sealed class Entrance(TokenGate tokens, Admission admission, UserConnections users, ConnectionRegistry registry, IMessageLog log, IHostApplicationLifetime lifetime)
{
    /// <summary>Lets a client in, who must then <see cref="Leave"/>, or says why not.</summary>
    /// <param name="context">The request.</param>
    /// <param name="token">The token, null when there is none.</param>
    public async ValueTask<Entered> Enter(HttpContext context, string? token)
    {
        if (token is null)
        {
            return Refused.ForToken(RefusalReason.NoToken);
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Refused.ForNow(CloseReason.Shutdown.Name, "This node is being stopped; another one will answer.");
        }

        switch (admission.Refuse(context.Connection.RemoteIpAddress))
        {
            case Admission.AddressTooFast:
                return Refused.ForTooMuch(Admission.AddressTooFast, "Too many connections from this address within a second.");
            case { } limit:
                return Refused.ForNow(limit, "This node takes no more connections now.");
        }

        if (!tokens.IsOpen)
        {
            return Refused.ForNow(RefusalReason.BlacklistUnread, "This node does not know yet whom not to let in.");
        }

        if (!log.Health.Ready)
        {
            return Refused.ForNow(RefusalReason.LogUnread, "This node has not reached the log yet.");
        }

        var verdict = await tokens.Verify(token);
        if (!verdict.Accepted)
        {
            return verdict.Refusal == TokenRefusal.KeysUnavailable
                ? Refused.ForNow(verdict.Refusal.Value.Word(), "Tokens cannot be checked now.")
                : Refused.ForToken(verdict.Refusal.Value.Word());
        }

        return users.TryEnter(verdict.Identity.User)
            ? new Entered(verdict.Identity, null)
            : Refused.ForTooMuch(UserConnections.TooMany, "This user has as many connections as a user may have.");
    }

    /// <summary>
    /// Opens the connection of a client that was let in. Whoever was put on the blacklist in between is told so and hears nothing else: who came onto
    /// it before the connection could be found did not have it ended, and who comes onto it later will.
    /// </summary>
    public Connection Open(Wire wire, WireFormat format, string transport, Identity identity)
    {
        var connection = registry.Add(wire, format, transport, identity.ToHolder());
        if (tokens.IsBlacklisted(identity))
        {
            connection.Close(CloseReason.TokenBlacklisted);
        }

        return connection;
    }

    /// <summary>Counts out whom <see cref="Enter"/> has let in.</summary>
    public void Leave(string? user) => users.Leave(user);
}
