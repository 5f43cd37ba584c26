using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace RigKafka.Auth;

/// <summary>The public keys of a JSON web key set (RFC 7517) that can check the signature of a token; all others in it are passed over.</summary>
internal sealed class KeySet
{
    /// <summary>A token that names no key is tried with so many; each try costs the time of a verification.</summary>
    private const int MostTries = 8;

    private readonly List<PublicKey> _keys;

    private KeySet(List<PublicKey> keys) => _keys = keys;

    public int Count => _keys.Count;

    /// <summary>Reads a set, and fails where it is none or no key in it is of use.</summary>
    /// <exception cref="FormatException">There is nothing to check a token with in it.</exception>
    public static KeySet Parse(string json)
    {
        List<PublicKey> keys;
        try
        {
            keys = [.. new JsonWebKeySet(json).Keys.Select(Read).OfType<PublicKey>()];
        }
        catch (ArgumentException exception)
        {
            throw new FormatException("no key set", exception);
        }

        return keys.Count > 0 ? new KeySet(keys) : throw new FormatException("no key in it that can be used");
    }

    /// <summary>The keys that may have signed a token with this header.</summary>
    public IReadOnlyList<SecurityKey> Find(string algorithm, string? id)
    {
        var fitting = _keys.Where(key => key.Algorithms.Contains(algorithm) && (id is null || key.Id == id));
        return [.. fitting.Take(MostTries).Select(key => key.Key)];
    }

    private static PublicKey? Read(JsonWebKey jwk)
    {
        if (jwk.Use is { Length: > 0 } and not "sig" || (jwk.KeyOps.Count > 0 && !jwk.KeyOps.Contains("verify")))
        {
            return null;
        }

        try
        {
            var key = jwk.Kty switch
            {
                JsonWebAlgorithmsKeyTypes.RSA => ReadRsa(jwk),
                JsonWebAlgorithmsKeyTypes.EllipticCurve => ReadEllipticCurve(jwk),
                _ => null,
            };
            return key is null || string.IsNullOrEmpty(jwk.Alg) ? key : key with { Algorithms = [.. key.Algorithms.Where(name => name == jwk.Alg)] };
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static PublicKey? ReadRsa(JsonWebKey jwk)
    {
        using var rsa = RSA.Create(new RSAParameters { Modulus = Base64UrlEncoder.DecodeBytes(jwk.N), Exponent = Base64UrlEncoder.DecodeBytes(jwk.E) });
        return PublicKey.Of(rsa, jwk.Kid);
    }

    private static PublicKey? ReadEllipticCurve(JsonWebKey jwk)
    {
        ECCurve? curve = jwk.Crv switch
        {
            JsonWebKeyECTypes.P256 => ECCurve.NamedCurves.nistP256,
            JsonWebKeyECTypes.P384 => ECCurve.NamedCurves.nistP384,
            JsonWebKeyECTypes.P521 => ECCurve.NamedCurves.nistP521,
            _ => null,
        };
        if (curve is null)
        {
            return null;
        }

        var point = new ECPoint { X = Base64UrlEncoder.DecodeBytes(jwk.X), Y = Base64UrlEncoder.DecodeBytes(jwk.Y) };
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = curve.Value, Q = point });
        return PublicKey.Of(ecdsa, jwk.Kid);
    }
}
