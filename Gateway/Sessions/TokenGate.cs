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
        if (IsBlacklisted(verdict.Identity))
        {
            connection.Close(CloseReason.TokenBlacklisted);
        }

        return verdict;
    }

    /// <summary>
    /// Whether a token that was accepted has been put on the blacklist since. For a caller that opens a connection, or renews one: to be asked
    /// once the connection can be found by it, since what was blacklisted before that did not end it, and what is blacklisted later will.
    /// </summary>
    public bool IsBlacklisted(Identity identity) => blacklist.Refuses(identity);
}
