using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace RigKafka.Tests.Support;

/// <summary>A root that nobody else trusts, an intermediate below it, and the two files of a server in a folder of their own.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rig-kafka-tls-");
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _intermediate;

    public TestCertificates()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Authority("root", rootKey).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Authority("intermediate", key).Create(_root, DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(9), [1]);
        _intermediate = signed.CopyWithPrivateKey(key);
        File.WriteAllText(RootFile, _root.ExportCertificatePem());
    }

    public string RootFile => Path.Combine(_folder.FullName, "root.pem");

    public string CertificateFile => Path.Combine(_folder.FullName, "certificate.pem");

    public string KeyFile => Path.Combine(_folder.FullName, "key.pem");

    /// <summary>What a gateway with these files on free ports is told.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["HTTPS_CERTFILE"] = CertificateFile,
        ["HTTPS_KEYFILE"] = KeyFile,
        ["INBOUND_HTTPS_PORT"] = "0",
        ["API_HTTPS_PORT"] = "0",
    };

    /// <summary>A new key and a certificate for localhost, with the intermediate after it, as PEM.</summary>
    /// <param name="validFor">The days from now on.</param>
    /// <param name="pass">A pass phrase for the key.</param>
    /// <param name="withRsa">Whether it is an RSA key, else an elliptic curve's.</param>
    public (string Certificate, string Key) Issue(double validFor = 5, string? pass = null, bool withRsa = false)
    {
        using AsymmetricAlgorithm key = withRsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA rsa
            ? new CertificateRequest("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=localhost", (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var signer = X509SignatureGenerator.CreateForECDsa(_intermediate.GetECDsaPrivateKey()!);
        using var certificate = request.Create(_intermediate.SubjectName, signer, DateTimeOffset.UtcNow.AddDays(-8), DateTimeOffset.UtcNow.AddDays(validFor), RandomNumberGenerator.GetBytes(8));
        var encrypted = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        return (
            certificate.ExportCertificatePem() + "\n" + _intermediate.ExportCertificatePem() + "\n",
            (pass is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(pass, encrypted)) + "\n");
    }

    /// <summary>Puts a new certificate and its key into the files.</summary>
    public void Renew(double validFor = 5, string? pass = null, bool withRsa = false)
    {
        var (certificate, key) = Issue(validFor, pass, withRsa);
        Write(certificate, key);
    }

    public void Write(string certificate, string key)
    {
        File.WriteAllText(CertificateFile, certificate);
        File.WriteAllText(KeyFile, key);
    }

    /// <summary>What a client that trusts the root alone, and fetches nothing, asks of a server.</summary>
    /// <param name="seen">Is told the server's certificate.</param>
    public SslClientAuthenticationOptions Client(Action<X509Certificate2>? seen = null) => new()
    {
        TargetHost = "localhost",
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _root },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
        RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
        {
            seen?.Invoke((X509Certificate2)certificate!);
            return errors == SslPolicyErrors.None;
        },
    };

    /// <param name="server">Whom it asks.</param>
    /// <param name="version">Which HTTP it speaks.</param>
    /// <param name="seen">Is told the server's certificate.</param>
    /// <param name="encoding">How it writes and reads headers; if nothing is said, as the framework does.</param>
    public HttpClient Http(Uri server, Version version, Action<X509Certificate2>? seen = null, Encoding? encoding = null) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = Client(seen),
        RequestHeaderEncodingSelector = (_, _) => encoding,
        ResponseHeaderEncodingSelector = (_, _) => encoding,
    })
    {
        BaseAddress = server,
        Timeout = Limits.Hang,
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public void Dispose()
    {
        _root.Dispose();
        _intermediate.Dispose();
        _folder.Delete(recursive: true);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN=rig-kafka test {name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request;
    }
}
