namespace RigKafka.Auth;

/// <summary>Why a token is not taken. A closed set: <see cref="TokenRefusalWords.Word"/> is a tag of a metric.</summary>
internal enum TokenRefusal
{
    /// <summary>It is no signed JSON web token in compact form (RFC 7515, RFC 7519).</summary>
    Malformed,

    /// <summary>It is longer than <see cref="AuthOptions.MaxTokenBytes"/>.</summary>
    TooLong,

    /// <summary>Its header asks for another algorithm than HS256, HS384 and HS512, or for an extension that must be understood (<c>crit</c>).</summary>
    UnsupportedAlgorithm,

    /// <summary>A member of its header or a claim is there twice, so that two readers could disagree on what it says.</summary>
    DuplicateClaim,

    /// <summary>The signature was not made with our secret, or of something else.</summary>
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

    /// <summary>There is no secret to check it with.</summary>
    NoSecret,
}
