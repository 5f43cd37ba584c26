using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RigKafka.Auth;

/// <summary>Reads the public key of a setting: PEM, or the path of a file with it.</summary>
internal static class PublicKeyText
{
    private const string Begin = "-----BEGIN ";

    /// <summary>Whether a text holds a PEM block of any kind.</summary>
    public static bool IsPem(string text) => text.Contains(Begin, StringComparison.Ordinal);

    /// <summary>Null when there is a key, else what is wrong. The text itself is in no message: it could be a private key.</summary>
    public static string? Read(string setting, out PublicKey? key)
    {
        key = null;
        // Environment files that know no line breaks have them written out.
        var text = setting.Replace("\\n", "\n", StringComparison.Ordinal);
        try
        {
            return Parse(IsPem(text) ? text : File.ReadAllText(setting.Trim()), out key);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return "is neither PEM nor the path of a file that can be read";
        }
        catch (CryptographicException)
        {
            return "holds a key that cannot be read";
        }
    }

    private static string? Parse(string text, out PublicKey? key)
    {
        key = null;
        if (!PemEncoding.TryFind(text, out var block))
        {
            return "holds no PEM block";
        }

        // The issuers in a chain have not signed the token, so nobody should be taken for them.
        if (IsPem(text[block.Location.End..]))
        {
            return "holds more than one PEM block, where one public key or certificate is expected";
        }

        var label = text[block.Label];
        switch (label)
        {
            case "PUBLIC KEY" or "RSA PUBLIC KEY":
                key = Import(text);
                break;
            case "CERTIFICATE":
                key = FromCertificate(text);
                break;
            default:
                return label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)
                    ? "holds a private key, which only the issuer of the tokens should have; the public key is expected"
                    : "holds something else than a public key or a certificate";
        }

        return key is null
            ? $"holds a key of another kind than RSA of at least {PublicKey.RsaMinBits} bits and EC on P-256, P-384 or P-521"
            : null;
    }

    private static PublicKey? Import(string text)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(text);
            return PublicKey.Of(rsa);
        }
        catch (CryptographicException)
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportFromPem(text);
            return PublicKey.Of(ecdsa);
        }
    }

    private static PublicKey? FromCertificate(string text)
    {
        using var certificate = X509Certificate2.CreateFromPem(text);
        using var rsa = certificate.GetRSAPublicKey();
        if (rsa is not null)
        {
            return PublicKey.Of(rsa);
        }

        using var ecdsa = certificate.GetECDsaPublicKey();
        return ecdsa is null ? null : PublicKey.Of(ecdsa);
    }
}
