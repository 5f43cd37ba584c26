using System.Diagnostics;

namespace RigKafka.Auth;

/// <summary>Why a token is not taken. A closed set: <see cref="TokenRefusalWords.Word"/> is a tag of a metric.</summary>
internal enum TokenRefusal
{
    /// <summary>It is no signed JSON web token in compact form (RFC 7515, RFC 7519).</summary>
    Malformed,

    /// <summary>It is longer than <see cref="AuthOptions.MaxTokenBytes"/>.</summary>
    TooLong,

    /// <summary>
    /// Its header asks for an algorithm that is not known or that there is no key for, or for an extension that must be understood
    /// (<c>crit</c>).
    /// </summary>
    UnsupportedAlgorithm,

    /// <summary>A member of its header or a claim is there twice, so that two readers could disagree on what it says.</summary>
    DuplicateClaim,

    /// <summary>The signature was not made with the key it has to be, or of something else.</summary>
    BadSignature,

    /// <summary>Its time (<c>exp</c>) is over.</summary>
    Expired,

    /// <summary>Its time (<c>nbf</c>) has not come, or is no time.</summary>
    NotYetValid,

    /// <summary>It has no <c>exp</c>, or one that is no number.</summary>
    NoExpiry,

    /// <summary>It has no <c>jti</c>, or one that is empty or no text; nobody could end its session.</summary>
    NoSession,

    /// <summary>It is good, but its session or its user is on the blacklist.</summary>
    Blacklisted,

    /// <summary>It is good, but of another user than the connection that it was to renew.</summary>
    OtherUser,

    /// <summary>It comes from another issuer (<c>iss</c>) than the one expected.</summary>
    WrongIssuer,

    /// <summary>It is for others (<c>aud</c>).</summary>
    WrongAudience,

    /// <summary>Neither a secret nor a public key is set, so that no token can be checked.</summary>
    NoSecret,

    /// <summary>It names a key that the issuer's key set does not have.</summary>
    UnknownKey,

    /// <summary>The issuer's key set could not be had yet; the token may be good.</summary>
    KeysUnavailable,
}

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
