using RigKafka.Connections;

namespace RigKafka.Auth;

/// <summary>Who holds a token that was verified.</summary>
/// <param name="Session">The token's <c>jti</c>: all connections with the same one are a session.</param>
/// <param name="User">The user's name, a number as it is written; null when the claim is missing or is neither text nor a number.</param>
/// <param name="UserIsNumber">Whether the token has the user as a number, which the text of a refusal shows.</param>
/// <param name="Roles">The user's roles; null when the claim is missing or is neither a text nor a list of texts.</param>
/// <param name="Expires">When the gateway stops taking the token: its <c>exp</c> plus the clock skew.</param>
/// <param name="IssuedAt">The token's <c>iat</c> in whole seconds since the Unix epoch; null when it has none.</param>
/// <param name="PublicClaims">The claims that others may see, as one line of JSON, an object; null for none.</param>
internal sealed record Identity(
    string Session,
    string? User,
    bool UserIsNumber,
    IReadOnlyList<string>? Roles,
    DateTimeOffset Expires,
    long? IssuedAt = null,
    byte[]? PublicClaims = null)
{
    /// <summary>What the registry of connections has to know.</summary>
    public Holder ToHolder() => new(Session, User, IssuedAt, Expires);
}
