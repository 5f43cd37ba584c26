using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Kafka;

internal sealed class KafkaSecurityTests
{
    private const string Password = "s3cret";

    private DirectoryInfo _folder = null!;

    [OneTimeSetUp]
    public void WriteFiles()
    {
        _folder = Directory.CreateTempSubdirectory("rig-kafka-test-");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(PathOf("certificate"), certificate.ExportCertificatePem());
        File.WriteAllText(PathOf("key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PathOf("other-key"), other.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PathOf("encrypted-key"), key.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000)));
        File.WriteAllText(PathOf("empty"), "");
    }

    [OneTimeTearDown]
    public void DeleteFiles() => _folder.Delete(recursive: true);

    [TestCase("KAFKA_SECURITY_PROTOCOL=plaintext")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=SSL KAFKA_SSL_CA_LOCATION=certificate")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CERTIFICATE_LOCATION=certificate KAFKA_SSL_KEY_LOCATION=key")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CERTIFICATE_LOCATION=certificate KAFKA_SSL_KEY_LOCATION=encrypted-key KAFKA_SSL_KEY_PASSWORD=s3cret")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=sasl_plaintext KAFKA_SASL_MECHANISM=plain KAFKA_SASL_USERNAME=rig KAFKA_SASL_PASSWORD=s3cret")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=SASL_SSL KAFKA_SASL_MECHANISM=SCRAM-SHA-256 KAFKA_SASL_USERNAME=rig KAFKA_SASL_PASSWORD=s3cret")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=sasl_ssl KAFKA_SASL_MECHANISM=SCRAM-SHA-512 KAFKA_SASL_USERNAME=rig KAFKA_SASL_PASSWORD=s3cret")]
    public void Read_OfSettingsThatGoTogether_TakesThem(string settings) => Assert.That(Read(settings).Mistakes, Is.Empty);

    [TestCase("KAFKA_SECURITY_PROTOCOL=tls", "KAFKA_SECURITY_PROTOCOL=tls: expected one of plaintext, ssl, sasl_plaintext, sasl_ssl.")]
    [TestCase("KAFKA_SASL_MECHANISM=GSSAPI", "KAFKA_SASL_MECHANISM=GSSAPI: expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.")]
    [TestCase("KAFKA_SASL_MECHANISM=PLAIN", "KAFKA_SASL_MECHANISM: expected nothing, since KAFKA_SECURITY_PROTOCOL is plaintext; with SASL it is sasl_plaintext or sasl_ssl.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SASL_PASSWORD=s3cret", "KAFKA_SASL_PASSWORD: expected nothing, since KAFKA_SECURITY_PROTOCOL is ssl; with SASL it is sasl_plaintext or sasl_ssl.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=sasl_ssl KAFKA_SASL_USERNAME=rig KAFKA_SASL_PASSWORD=s3cret", "KAFKA_SASL_MECHANISM=: expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, since KAFKA_SECURITY_PROTOCOL is sasl_ssl.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=sasl_ssl KAFKA_SASL_MECHANISM=PLAIN KAFKA_SASL_PASSWORD=s3cret", "KAFKA_SASL_USERNAME=: expected a name, since KAFKA_SECURITY_PROTOCOL is sasl_ssl.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=sasl_plaintext KAFKA_SASL_MECHANISM=PLAIN KAFKA_SASL_USERNAME=rig", "KAFKA_SASL_PASSWORD=: expected a password, since KAFKA_SECURITY_PROTOCOL is sasl_plaintext.")]
    [TestCase("KAFKA_SSL_CA_LOCATION=certificate", "KAFKA_SSL_CA_LOCATION: expected nothing, since KAFKA_SECURITY_PROTOCOL is plaintext; with TLS it is ssl or sasl_ssl.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CA_LOCATION=none", "KAFKA_SSL_CA_LOCATION={none}: expected a file that can be read, but there is none.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CA_LOCATION=.", "KAFKA_SSL_CA_LOCATION={.}: expected a file that can be read, but it is a directory.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CA_LOCATION=empty", "KAFKA_SSL_CA_LOCATION={empty}: expected certificates in PEM.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CERTIFICATE_LOCATION=certificate", "KAFKA_SSL_KEY_LOCATION=: expected a file, since KAFKA_SSL_CERTIFICATE_LOCATION is set and is of no use alone.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_KEY_LOCATION=key", "KAFKA_SSL_CERTIFICATE_LOCATION=: expected a file, since KAFKA_SSL_KEY_LOCATION is set and is of no use alone.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_KEY_PASSWORD=s3cret", "KAFKA_SSL_KEY_PASSWORD: expected nothing, since KAFKA_SSL_KEY_LOCATION is not set.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CERTIFICATE_LOCATION=key KAFKA_SSL_KEY_LOCATION=key", "KAFKA_SSL_CERTIFICATE_LOCATION={key}: expected a certificate in PEM.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CERTIFICATE_LOCATION=certificate KAFKA_SSL_KEY_LOCATION=other-key", "KAFKA_SSL_KEY_LOCATION={other-key}: expected the key to the certificate in KAFKA_SSL_CERTIFICATE_LOCATION.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CERTIFICATE_LOCATION=certificate KAFKA_SSL_KEY_LOCATION=encrypted-key", "KAFKA_SSL_KEY_LOCATION={encrypted-key}: expected a private key in PEM, not encrypted, since KAFKA_SSL_KEY_PASSWORD is not set.")]
    [TestCase("KAFKA_SECURITY_PROTOCOL=ssl KAFKA_SSL_CERTIFICATE_LOCATION=certificate KAFKA_SSL_KEY_LOCATION=encrypted-key KAFKA_SSL_KEY_PASSWORD=s3crets", "KAFKA_SSL_KEY_LOCATION={encrypted-key}: expected a private key in PEM, encrypted with KAFKA_SSL_KEY_PASSWORD.")]
    public void Read_OfAMistake_IsOneLineThatNamesIt(string settings, string line)
    {
        var expected = line.Contains('{', StringComparison.Ordinal) ? $"{line[..line.IndexOf('{', StringComparison.Ordinal)]}{PathOf(line.Split('{', '}')[1])}{line.Split('}')[1]}" : line;

        Assert.That(Read(settings).Mistakes, Is.EqualTo([expected]));
    }

    [Test]
    public void Read_OfSeveralMistakes_NamesThemAll() =>
        Assert.That(Read("KAFKA_SECURITY_PROTOCOL=sasl_ssl KAFKA_SSL_CA_LOCATION=none KAFKA_SSL_KEY_LOCATION=none").Mistakes, Has.Count.EqualTo(6));

    [Test]
    public void Read_OfSecrets_IsNotPrinted()
    {
        var settings = Read("KAFKA_SECURITY_PROTOCOL=sasl_ssl KAFKA_SASL_MECHANISM=PLAIN KAFKA_SASL_USERNAME=rig KAFKA_SASL_PASSWORD=s3cret KAFKA_SSL_KEY_PASSWORD=s3cret");

        Assert.That(string.Join(' ', settings.Settings.Select(setting => setting.Value).Concat(settings.Mistakes)), Does.Not.Contain(Password));
    }

    [Test]
    public void Config_OfEveryClient_HasThem()
    {
        var options = Read("KAFKA_SECURITY_PROTOCOL=SASL_SSL KAFKA_SASL_MECHANISM=scram-sha-512 KAFKA_SASL_USERNAME=rig KAFKA_SASL_PASSWORD=s3cret KAFKA_SSL_CA_LOCATION=certificate").Read<KafkaOptions>();
        var config = new KafkaConfig(new LogOptions(), options, NodeId.New());

        foreach (var client in new ClientConfig[] { config.Consumer(), config.Producer() })
        {
            Assert.That((client.SecurityProtocol, client.SaslMechanism, client.SaslUsername, client.SaslPassword), Is.EqualTo((SecurityProtocol.SaslSsl, SaslMechanism.ScramSha512, "rig", Password)));
            Assert.That(client.SslCaLocation, Is.EqualTo(PathOf("certificate")));
        }
    }

    private SettingsReader Read(string settings)
    {
        var pairs = settings.Split(' ').Select(setting => setting.Split('=')).Select(pair => KeyValuePair.Create(pair[0], (string?)(pair[0].EndsWith("_LOCATION", StringComparison.Ordinal) ? PathOf(pair[1]) : pair[1])));
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(pairs).Build());
        reader.Read<KafkaOptions>();
        return reader;
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
