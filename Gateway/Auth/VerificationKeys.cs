using Microsoft.IdentityModel.Tokens;

namespace RigKafka.Auth;

/// <summary>
/// Which keys a token may be checked with. The algorithm in its header chooses among them and never what kind a key is: a public key
/// checks no HMAC.
/// </summary>
internal sealed class VerificationKeys
{
    private static readonly string[] Hmac = [SecurityAlgorithms.HmacSha256, SecurityAlgorithms.HmacSha384, SecurityAlgorithms.HmacSha512];

    private readonly SymmetricSecurityKey[] _secrets;
    private readonly PublicKey? _public;
    private readonly RemoteKeys? _remote;

    public VerificationKeys(AuthOptions options, RemoteKeys remote)
    {
        _secrets = [.. options.SigningSecrets.Select(SecretKey.Of)];
        _remote = options.JwksUrl.Length > 0 ? remote : null;
        if (options.PublicKey.Length > 0)
        {
            PublicKeyText.Read(options.PublicKey, out _public);
        }
    }

    /// <summary>The algorithms that are known at all, whether or not there is a key for them.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = [.. Hmac, .. PublicKey.AllAlgorithms];

    /// <summary>Whether any token can be taken.</summary>
    public bool Any => _secrets.Length > 0 || _public is not null || _remote is not null;

    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    /// <param name="id">The name of the key, or null.</param>
    public ValueTask<KeysFound> Find(string algorithm, string? id)
    {
        if (Hmac.Contains(algorithm))
        {
            return new(_secrets.Length > 0 ? KeysFound.Of(_secrets) : KeysFound.None(TokenRefusal.UnsupportedAlgorithm));
        }

        if (_remote is not null)
        {
            return _remote.Find(algorithm, id);
        }

        return new(_public?.Algorithms.Contains(algorithm) == true
            ? KeysFound.Of([_public.Key])
            : KeysFound.None(TokenRefusal.UnsupportedAlgorithm));
    }
}

/// <summary>The keys to check one token with, or why there are none.</summary>
internal readonly record struct KeysFound(IReadOnlyList<SecurityKey> Keys, TokenRefusal? Refusal)
{
    public static KeysFound Of(IReadOnlyList<SecurityKey> keys) => new(keys, null);

    public static KeysFound None(TokenRefusal refusal) => new([], refusal);
}
