using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace RigKafka.Auth;

/// <summary>
/// The public keys of a JSON web key set (RFC 7517) that can check the signature of a token; all others in it are passed over.
/// </summary>
internal sealed class KeySet
{
    /// <summary>A token that names no key is tried with so many; each try costs the time of a verification.</summary>
    private const int MostTries = 8;

    private readonly List<PublicKey> _keys;

    private KeySet(List<PublicKey> keys, int skipped) => (_keys, Skipped) = (keys, skipped);

    public int Count => _keys.Count;

    /// <summary>How many members of the set are no key that can be used here.</summary>
    public int Skipped { get; }

    /// <summary>Reads a set key by key (RFC 7517, section 5), and fails where it is not a set or holds no key of use.</summary>
    /// <exception cref="FormatException">There is nothing to check a token with in it.</exception>
    public static KeySet Parse(string json)
    {
        try
        {
            // One key that is nested too deep for the library is no reason to do without the others.
            using var set = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = int.MaxValue });
            if (set.RootElement.ValueKind == JsonValueKind.Object
                && set.RootElement.TryGetProperty("keys", out var list) && list.ValueKind == JsonValueKind.Array)
            {
                List<PublicKey> keys = [.. list.EnumerateArray().Select(Read).OfType<PublicKey>()];
                return keys.Count > 0
                    ? new KeySet(keys, list.GetArrayLength() - keys.Count)
                    : throw new FormatException("no key in it that can be used");
            }
        }
        catch (JsonException)
        {
            // It is no key set either.
        }

        throw new FormatException("no key set");
    }

    /// <summary>The keys that may have signed a token with this header.</summary>
    public IReadOnlyList<SecurityKey> Find(string algorithm, string? id)
    {
        var fitting = _keys.Where(key => key.Algorithms.Contains(algorithm) && (id is null || key.Id == id));
        return [.. fitting.Take(MostTries).Select(key => key.Key)];
    }

    private static PublicKey? Read(JsonElement member)
    {
        try
        {
            return Read(new JsonWebKey(member.GetRawText()));
        }
        catch (ArgumentException)
        {
            // A member of it is not of its kind (RFC 7517, section 4).
            return null;
        }
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
            var algorithms = key?.Algorithms.Where(name => string.IsNullOrEmpty(jwk.Alg) || name == jwk.Alg).ToArray() ?? [];
            return algorithms.Length > 0 ? key! with { Algorithms = algorithms } : null;
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static PublicKey? ReadRsa(JsonWebKey jwk)
    {
        var (modulus, exponent) = (Base64UrlEncoder.DecodeBytes(jwk.N), Base64UrlEncoder.DecodeBytes(jwk.E));
        using var rsa = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
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
