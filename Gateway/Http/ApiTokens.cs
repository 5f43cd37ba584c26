using System.Security.Cryptography;
using System.Text;
using RigKafka.Settings;

namespace RigKafka.Http;

/// <summary>The tokens that calls of the API are asked for, as digests.</summary>
internal sealed class ApiTokens(ApiTokenOptions options)
{
    /// <summary>Digests are of one length, so that comparing them says nothing of the tokens, not even how long they are.</summary>
    private volatile byte[][] _digests = Digests(options);

    public bool Any => _digests.Length > 0;

    /// <summary>Whether this is one of them.</summary>
    public bool Has(string token)
    {
        var shown = Digest(token);
        var isOne = false;
        foreach (var digest in _digests)
        {
            isOne |= CryptographicOperations.FixedTimeEquals(shown, digest);
        }

        return isOne;
    }

    /// <summary>See <see cref="RenewedSecret"/>. Nobody is let in without a token who was asked for one before.</summary>
    public bool Renew(SettingsReader settings)
    {
        var renewed = Digests(settings.Read<ApiTokenOptions>());
        if (settings.Mistakes.Count > 0 || renewed.Length == 0 || renewed.Select(Convert.ToHexString).SequenceEqual(_digests.Select(Convert.ToHexString)))
        {
            return false;
        }

        _digests = renewed;
        return true;
    }

    private static byte[][] Digests(ApiTokenOptions options) => [.. options.Tokens.Select(Digest)];

    private static byte[] Digest(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
