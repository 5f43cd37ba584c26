using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace RigKafka.Auth;

/// <summary>A public key and the algorithms whose signatures it may check: those of its own kind, and of its own curve, only.</summary>
/// <param name="Key">The key, as the library has it.</param>
/// <param name="Id">What tokens call it (<c>kid</c>); null where it has no name.</param>
/// <param name="Algorithms">The names of the algorithms (RFC 7518, section 3.1).</param>
internal sealed record PublicKey(SecurityKey Key, string? Id, IReadOnlyList<string> Algorithms)
{
    /// <summary>The shortest RSA key that may be used (RFC 7518, section 3.3).</summary>
    public const int RsaMinBits = 2048;

    private static readonly string[] Rsa =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
    ];

    private static readonly (string Oid, string Algorithm)[] Curves =
    [
        ("1.2.840.10045.3.1.7", SecurityAlgorithms.EcdsaSha256),
        ("1.3.132.0.34", SecurityAlgorithms.EcdsaSha384),
        ("1.3.132.0.35", SecurityAlgorithms.EcdsaSha512),
    ];

    /// <summary>Every algorithm that some public key may check.</summary>
    public static IEnumerable<string> AllAlgorithms => [.. Rsa, .. Curves.Select(curve => curve.Algorithm)];

    /// <summary>Null when the key is too short.</summary>
    public static PublicKey? Of(RSA rsa, string? id = null) =>
        rsa.KeySize < RsaMinBits ? null : new PublicKey(new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: false)), id, Rsa);

    /// <summary>Null when the curve is not P-256, P-384 or P-521.</summary>
    public static PublicKey? Of(ECDsa ecdsa, string? id = null)
    {
        var parameters = ecdsa.ExportParameters(includePrivateParameters: false);
        var algorithm = Array.Find(Curves, curve => curve.Oid == parameters.Curve.Oid.Value).Algorithm;
        return algorithm is null ? null : new PublicKey(new ECDsaSecurityKey(ECDsa.Create(parameters)), id, [algorithm]);
    }
}
