using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RigKafka.IntegrationTests.Security;

/// <summary>Certificates made for one run, as files in PEM: an authority, a broker and a client that it vouches for, and an authority that nobody knows.</summary>
internal sealed class BrokerCertificates : IDisposable
{
    public const string KeyPassword = "the secret of the key";

    private static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddHours(-1);
    private static readonly DateTimeOffset Until = DateTimeOffset.UtcNow.AddDays(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rig-kafka-test-");

    public BrokerCertificates()
    {
        using var authority = Authority("CN=The tests' own authority");
        using var stranger = Authority("CN=An authority that nobody knows");
        Write(Authorities, authority.ExportCertificatePem());
        Write(Strangers, stranger.ExportCertificatePem());
        // Kafka takes both from one file.
        using (var broker = Issue(authority, "CN=broker", serverAuth: true, out var key))
        using (key)
        {
            Write(Broker, key.ExportPkcs8PrivateKeyPem() + "\n" + broker.ExportCertificatePem());
        }

        using (var client = Issue(authority, "CN=gateway", serverAuth: false, out var key))
        using (key)
        {
            Write(Client, client.ExportCertificatePem());
            Write(ClientKey, key.ExportEncryptedPkcs8PrivateKeyPem(KeyPassword, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10_000)));
        }
    }

    public string Authorities => PathOf("authorities.pem");

    public string Strangers => PathOf("strangers.pem");

    public string Broker => PathOf("broker.pem");

    public string Client => PathOf("client.pem");

    public string ClientKey => PathOf("client-key.pem");

    public void Dispose() => _folder.Delete(recursive: true);

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return request.CreateSelfSigned(From, Until);
    }

    /// <summary>A certificate for 127.0.0.1 and no other name.</summary>
    private static X509Certificate2 Issue(X509Certificate2 authority, string name, bool serverAuth, out RSA key)
    {
        key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(serverAuth ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        return request.Create(authority, From.AddMinutes(1), Until.AddMinutes(-1), RandomNumberGenerator.GetBytes(8));
    }

    private static void Write(string path, string pem) => File.WriteAllText(path, pem);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
