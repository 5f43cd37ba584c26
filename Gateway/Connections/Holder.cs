namespace RigKafka.Connections;

/// <summary>Whose a connection is: what its token says that can end it.</summary>
/// <param name="Session">The token's <c>jti</c>.</param>
/// <param name="User">The user's name; null when the token has none.</param>
/// <param name="IssuedAt">The token's <c>iat</c> in whole seconds since the Unix epoch; null when it has none.</param>
/// <param name="Expires">When the gateway stops taking the token.</param>
internal sealed record Holder(string Session, string? User, long? IssuedAt, DateTimeOffset Expires);
