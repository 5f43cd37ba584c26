using Microsoft.IdentityModel.Tokens;
using RigKafka.Settings;

namespace RigKafka.Auth;

/// <summary>
/// Which keys a token may be checked with. The algorithm in its header chooses among them and never what kind a key is: a public key
/// checks no HMAC.
/// </summary>
internal sealed class VerificationKeys
{
    /// <summary>The algorithms of a secret.</summary>
    public static readonly string[] Hmac = [SecurityAlgorithms.HmacSha256, SecurityAlgorithms.HmacSha384, SecurityAlgorithms.HmacSha512];

    private readonly RemoteKeys? _remote;
    private volatile OwnKeys _own;

    public VerificationKeys(AuthOptions options, RemoteKeys remote)
    {
        _own = OwnKeys.Of(options);
        _remote = options.JwksUrl.Length > 0 ? remote : null;
    }

    /// <summary>The algorithms that are known at all, whether or not there is a key for them.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = [.. Hmac, .. PublicKey.AllAlgorithms];

    /// <summary>Whether any token can be taken.</summary>
    public bool Any => _own is not { Secrets: [], Public: null } || _remote is not null;

    /// <summary>Those that there may be a key for.</summary>
    public IReadOnlyList<string> Usable
    {
        get
        {
            var own = _own;
            return [.. own.Secrets.Length > 0 ? Hmac : [], .. _remote is not null ? PublicKey.AllAlgorithms : own.Public?.Algorithms ?? []];
        }
    }

    /// <summary>See <see cref="RenewedSecret"/>. Clients that are connected stay until their tokens end.</summary>
    public bool Renew(SettingsReader settings)
    {
        var renewed = OwnKeys.Of(settings.Read<AuthOptions>());
        if (settings.Mistakes.Count > 0 || renewed.Texts.SequenceEqual(_own.Texts))
        {
            return false;
        }

        _own = renewed;
        return true;
    }

    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    /// <param name="id">The name of the key, or null.</param>
    public ValueTask<KeysFound> Find(string algorithm, string? id)
    {
        var own = _own;
        if (Hmac.Contains(algorithm))
        {
            return new(own.Secrets.Length > 0 ? KeysFound.Of(own.Secrets) : KeysFound.None(TokenRefusal.UnsupportedAlgorithm));
        }

        if (_remote is not null)
        {
            return _remote.Find(algorithm, id);
        }

        return new(own.Public?.Algorithms.Contains(algorithm) == true
            ? KeysFound.Of([own.Public.Key])
            : KeysFound.None(TokenRefusal.UnsupportedAlgorithm));
    }

    /// <summary>The keys that the settings have, and the text of each.</summary>
    private sealed record OwnKeys(SymmetricSecurityKey[] Secrets, PublicKey? Public, string[] Texts)
    {
        public static OwnKeys Of(AuthOptions options)
        {
            PublicKey? known = null;
            if (options.PublicKey.Length > 0)
            {
                PublicKeyText.Read(options.PublicKey, out known);
            }

            return new OwnKeys([.. options.SigningSecrets.Select(SecretKey.Of)], known, [options.PublicKey, .. options.SigningSecrets]);
        }
    }
}

/// <summary>The keys to check one token with, or why there are none.</summary>
internal readonly record struct KeysFound(IReadOnlyList<SecurityKey> Keys, TokenRefusal? Refusal)
{
    public static KeysFound Of(IReadOnlyList<SecurityKey> keys) => new(keys, null);

    public static KeysFound None(TokenRefusal refusal) => new([], refusal);
}
