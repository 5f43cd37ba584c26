using RigKafka.Auth;
using RigKafka.Connections;

namespace RigKafka.Sessions;

/// <summary>
/// Whether a token lets its holder in: it is ours and still good, and it is not on the blacklist. Every check of a token goes through
/// here.
/// </summary>
internal sealed class TokenGate(TokenVerifier verifier, Blacklist blacklist)
{
    /// <summary>Whether anybody can be let in yet: a node that does not know the blacklist does not guess.</summary>
    public bool IsOpen => blacklist.IsCaughtUp;

    public async ValueTask<TokenVerdict> Verify(string token)
    {
        var verdict = await verifier.Verify(token);
        return verdict.Accepted && blacklist.Refuses(verdict.Identity) ? TokenVerdict.Refused(TokenRefusal.Blacklisted) : verdict;
    }

    /// <summary>Has a connection go on with another token of the same user, or says why not; then nothing has changed.</summary>
    public async ValueTask<TokenVerdict> Renew(Connection connection, Identity identity, string token)
    {
        var verdict = await Verify(token);
        if (!verdict.Accepted)
        {
            return verdict;
        }

        if (verdict.Identity.User != identity.User)
        {
            return TokenVerdict.Refused(TokenRefusal.OtherUser);
        }

        connection.Renew(verdict.Identity.ToHolder());
        CheckAgain(connection, verdict.Identity);
        return verdict;
    }

    /// <summary>
    /// Ends a connection whose token has been put on the blacklist since it was accepted. To be called once the connection can be found by
    /// the token: what was blacklisted before that did not end it, and what is blacklisted later will. The client is told the reason, and
    /// nothing else.
    /// </summary>
    public void CheckAgain(Connection connection, Identity identity) => blacklist.EndIfRefused(connection, identity);
}
