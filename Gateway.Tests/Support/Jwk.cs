using System.Buffers.Text;
using System.Security.Cryptography;

namespace RigKafka.Tests.Support;

/// <summary>Public keys as JSON web keys (RFC 7517), written by hand.</summary>
internal static class Jwk
{
    public static string Of(string id, AsymmetricAlgorithm key, string more = "") => key switch
    {
        RSA rsa => OfRsa(id, rsa.ExportParameters(false), more),
        ECDsa ecdsa => OfEc(id, ecdsa.ExportParameters(false), more),
        _ => throw new ArgumentException("no such key", nameof(key)),
    };

    public static string Set(params string[] keys) => $$"""{"keys":[{{string.Join(',', keys)}}]}""";

    private static string OfRsa(string id, RSAParameters key, string more) =>
        $$"""{"kty":"RSA","kid":"{{id}}","n":"{{Base64Url.EncodeToString(key.Modulus)}}","e":"{{Base64Url.EncodeToString(key.Exponent)}}"{{more}}}""";

    private static string OfEc(string id, ECParameters key, string more) =>
        $$"""{"kty":"EC","kid":"{{id}}","crv":"P-{{key.Q.X!.Length switch { 32 => 256, 48 => 384, _ => 521 }}}","x":"{{Base64Url.EncodeToString(key.Q.X)}}","y":"{{Base64Url.EncodeToString(key.Q.Y)}}"{{more}}}""";
}
