using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace RigKafka.Tests.Support;

/// <summary>Makes tokens by hand, good and bad, from the text of their parts: nothing of the library under test is in them.</summary>
internal static class Jws
{
    public const string Secret = "mysecret";

    public static string Sign(string claims, string header = """{"alg":"HS256","typ":"JWT"}""", string secret = Secret, string algorithm = "HS256") =>
        Sign(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(claims), secret, algorithm);

    public static string Sign(byte[] header, byte[] claims, string secret = Secret, string algorithm = "HS256")
    {
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(claims)}";
        return $"{signed}.{Base64Url.EncodeToString(Mac(algorithm, secret, signed))}";
    }

    /// <summary>A token of the framework's own signature: RS, PS or ES by the name of the algorithm.</summary>
    public static string Sign(string claims, string algorithm, AsymmetricAlgorithm key, string? id = null, string? header = null)
    {
        var named = id is null ? "" : $",\"kid\":\"{id}\"";
        header ??= $"{{\"alg\":\"{algorithm}\"{named}}}";
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(Signature(algorithm, key, Encoding.UTF8.GetBytes(signed)))}";
    }

    private static byte[] Signature(string algorithm, AsymmetricAlgorithm key, byte[] data)
    {
        var hash = new HashAlgorithmName($"SHA{algorithm[2..]}");
        return key switch
        {
            RSA rsa => rsa.SignData(data, hash, algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1),
            ECDsa ecdsa => ecdsa.SignData(data, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
            _ => throw new ArgumentException("no key for signatures", nameof(key)),
        };
    }

    private static byte[] Mac(string algorithm, string secret, string signed)
    {
        var (key, data) = (Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed));
        return algorithm switch
        {
            "HS256" => HMACSHA256.HashData(key, data),
            "HS384" => HMACSHA384.HashData(key, data),
            "HS512" => HMACSHA512.HashData(key, data),
            _ => [],
        };
    }
}
