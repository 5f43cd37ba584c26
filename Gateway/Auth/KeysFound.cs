using Microsoft.IdentityModel.Tokens;

namespace RigKafka.Auth;

/// <summary>The keys to check one token with, or why there are none.</summary>
internal readonly record struct KeysFound(IReadOnlyList<SecurityKey> Keys, TokenRefusal? Refusal)
{
    public static KeysFound Of(IReadOnlyList<SecurityKey> keys) => new(keys, null);

    public static KeysFound None(TokenRefusal refusal) => new([], refusal);
}
