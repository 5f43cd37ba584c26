using System.Diagnostics.CodeAnalysis;

namespace RigKafka.Auth;

/// <summary>What became of a token: whose it is, or why it is refused.</summary>
internal readonly record struct TokenVerdict
{
    private TokenVerdict(Identity? identity, TokenRefusal? refusal) => (Identity, Refusal) = (identity, refusal);

    [MemberNotNullWhen(true, nameof(Identity))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool Accepted => Identity is not null;

    public Identity? Identity { get; }

    public TokenRefusal? Refusal { get; }

    public static TokenVerdict Of(Identity identity) => new(identity, null);

    public static TokenVerdict Refused(TokenRefusal refusal) => new(null, refusal);
}
