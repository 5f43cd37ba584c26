using System.Diagnostics;

namespace RigKafka.Auth;

/// <summary>The one word for each refusal, the same in the log and in the metrics.</summary>
internal static class TokenRefusalWords
{
    public static string Word(this TokenRefusal refusal) => refusal switch
    {
        TokenRefusal.Malformed => "malformed",
        TokenRefusal.TooLong => "too_long",
        TokenRefusal.UnsupportedAlgorithm => "unsupported_algorithm",
        TokenRefusal.DuplicateClaim => "duplicate_claim",
        TokenRefusal.BadSignature => "bad_signature",
        TokenRefusal.Expired => "expired",
        TokenRefusal.NotYetValid => "not_yet_valid",
        TokenRefusal.NoExpiry => "no_expiry",
        TokenRefusal.NoSession => "no_session",
        TokenRefusal.Blacklisted => "blacklisted",
        TokenRefusal.OtherUser => "other_user",
        TokenRefusal.WrongIssuer => "wrong_issuer",
        TokenRefusal.WrongAudience => "wrong_audience",
        TokenRefusal.NoSecret => "no_secret",
        TokenRefusal.UnknownKey => "unknown_key",
        TokenRefusal.KeysUnavailable => "keys_unavailable",
        _ => throw new UnreachableException(),
    };
}
