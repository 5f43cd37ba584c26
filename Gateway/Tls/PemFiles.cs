using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RigKafka.Tls;

/// <summary>What the two files of the certificate hold, equal when both are the same as before.</summary>
internal sealed record PemFiles(string Certificate, string Key)
{
    private const string CertificateLabel = "CERTIFICATE";
    private const string EncryptedKeyLabel = "ENCRYPTED PRIVATE KEY";
    private const string KeyLabel = "PRIVATE KEY";

    /// <summary>What a file in OpenSSL's old way of encrypting keys has in common.</summary>
    private const string OldEncryption = "Proc-Type: 4,ENCRYPTED";

    /// <summary>A file that is larger is something else, or never ends.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads both files; null when one cannot be read.</summary>
    public static PemFiles? Read(TlsOptions options, Action<string> refuse)
    {
        var certificate = ReadFile(CertificateName(options), options.CertificateFile, refuse);
        var key = ReadFile(KeyName(options), options.KeyFile, refuse);
        return certificate is null || key is null ? null : new PemFiles(certificate, key);
    }

    /// <summary>Without the key, wherever it might come to be printed.</summary>
    public override string ToString() => nameof(PemFiles);

    /// <summary>Makes a certificate of them; null when they do not hold one and its key.</summary>
    public ServerCertificate? Parse(TlsOptions options, Action<string> refuse)
    {
        var chain = ParseChain(CertificateName(options), refuse);
        var key = ParseKey(options, refuse);
        if (chain is null || key is null)
        {
            return null;
        }

        try
        {
            var leaf = IsEncrypted(key)
                ? X509Certificate2.CreateFromEncryptedPem(Certificate, key, options.KeyPass)
                : X509Certificate2.CreateFromPem(Certificate, key);
            return new ServerCertificate(leaf, chain);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            refuse($"{KeyName(options)}: expected the private key of the first certificate of HTTPS_CERTFILE.");
            return null;
        }
    }

    private static string CertificateName(TlsOptions options) => $"HTTPS_CERTFILE={options.CertificateFile.ReplaceLineEndings(" ")}";

    private static string KeyName(TlsOptions options) => $"HTTPS_KEYFILE={options.KeyFile.ReplaceLineEndings(" ")}";

    private static string? ReadFile(string name, string path, Action<string> refuse)
    {
        try
        {
            using var file = File.OpenText(path);
            var text = new char[MaxBytes + 1];
            var length = file.ReadBlock(text);
            if (length <= MaxBytes)
            {
                return new string(text, 0, length);
            }

            refuse($"{name}: expected a file of at most {MaxBytes} bytes.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            refuse($"{name}: no such file.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            refuse($"{name}: the file cannot be read.");
        }

        return null;
    }

    private X509Certificate2Collection? ParseChain(string name, Action<string> refuse)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(Certificate);
            if (chain.Count > 0)
            {
                return chain;
            }
        }
        catch (CryptographicException)
        {
            // As good as none.
        }

        refuse($"{name}: expected certificates in PEM (-----BEGIN {CertificateLabel}-----).");
        return null;
    }

    /// <summary>The first key of the file as PEM, to which the pass phrase is right if it needs one.</summary>
    private string? ParseKey(TlsOptions options, Action<string> refuse)
    {
        for (var pem = Key.AsSpan(); PemEncoding.TryFind(pem, out var fields); pem = pem[fields.Location.End..])
        {
            if (!pem[fields.Label].EndsWith(KeyLabel))
            {
                continue;
            }

            var key = new string(pem[fields.Location]);
            if (!IsEncrypted(key) || Opens(key, options.KeyPass))
            {
                return key;
            }

            refuse(options.KeyPass.Length == 0
                ? "HTTPS_KEYFILE_PASS: expected the pass phrase of HTTPS_KEYFILE, which is encrypted."
                : "HTTPS_KEYFILE_PASS=(hidden): expected the pass phrase of HTTPS_KEYFILE.");
            return null;
        }

        refuse(Key.Contains(OldEncryption, StringComparison.Ordinal)
            ? $"{KeyName(options)}: expected an encrypted key as PKCS #8 (-----BEGIN {EncryptedKeyLabel}-----); `openssl pkcs8 -topk8` makes one of it."
            : $"{KeyName(options)}: expected a private key in PEM (-----BEGIN {KeyLabel}-----).");
        return null;
    }

    private static bool IsEncrypted(string key) => key.Contains(EncryptedKeyLabel, StringComparison.Ordinal);

    /// <summary>The one way to tell a wrong pass phrase from a key that is not the certificate's.</summary>
    private static bool Opens(string key, string pass)
    {
        using var rsa = RSA.Create();
        using var ecdsa = ECDsa.Create();
        foreach (var algorithm in new AsymmetricAlgorithm[] { rsa, ecdsa })
        {
            try
            {
                algorithm.ImportFromEncryptedPem(key, pass);
                return true;
            }
            catch (CryptographicException)
            {
                // The wrong pass phrase, or a key of the other kind.
            }
        }

        return false;
    }
}
