using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace RigKafka.Auth;

/// <summary>What a token is signed with: a secret, or a private key.</summary>
/// <param name="Key">The key, as the library has it.</param>
/// <param name="Algorithms">The names of the algorithms that it may sign with here, the likeliest first.</param>
internal sealed record SigningKey(SecurityKey Key, IReadOnlyList<string> Algorithms)
{
    private const string Expected = "expected a file with a private key in PEM (-----BEGIN PRIVATE KEY-----), not encrypted";

    public static SigningKey Of(string secret) => new(SecretKey.Of(secret), VerificationKeys.Hmac);

    /// <summary>Reads a file; null when there is such a key in it, else what is wrong. Nothing of the file is in that.</summary>
    public static string? Read(string file, out SigningKey? key)
    {
        key = null;
        try
        {
            var pem = File.ReadAllText(file);
            if (!PemEncoding.TryFind(pem, out var block) || pem[block.Label] is not ("PRIVATE KEY" or "RSA PRIVATE KEY" or "EC PRIVATE KEY"))
            {
                return $"{Expected}.";
            }

            var rsa = Rsa(pem[block.Location]);
            key = rsa is not null ? Of(PublicKey.Of(rsa), new RsaSecurityKey(rsa)) : OfEllipticCurve(pem[block.Location]);
            return key is null
                ? $"expected RSA of at least {PublicKey.RsaMinBits} bits, or EC on P-256, P-384 or P-521; the key is of another kind."
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return $"{Expected}; it cannot be read.";
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            return $"{Expected}; the key cannot be read.";
        }
    }

    /// <summary>Null when the key is of another kind.</summary>
    private static RSA? Rsa(string pem)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return rsa;
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            rsa.Dispose();
            return null;
        }
    }

    private static SigningKey? OfEllipticCurve(string pem)
    {
        var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(pem);
        return Of(PublicKey.Of(ecdsa), new ECDsaSecurityKey(ecdsa));
    }

    /// <summary>Null when no gateway takes what it signs.</summary>
    private static SigningKey? Of(PublicKey? known, SecurityKey key) => known is null ? null : new SigningKey(key, known.Algorithms);
}
