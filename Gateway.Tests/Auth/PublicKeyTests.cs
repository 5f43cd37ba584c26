using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Settings;
using static RigKafka.Tests.Support.TestKeys;

namespace RigKafka.Tests.Auth;

/// <summary>Tokens that somebody else signed, checked with no more than the public key.</summary>
internal sealed class PublicKeyTests
{
    private const string Good = """{"user":"alice","roles":[],"exp":1800000060,"jti":"s1","iss":"https://issuer.example","aud":["web","app"]}""";

    private static readonly string[] RsaAlgorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

    [TestCaseSource(nameof(RsaAlgorithms))]
    public async Task Verify_RsaSignature_IsTaken(string algorithm)
    {
        var options = new AuthOptions { PublicKey = Rsa.ExportSubjectPublicKeyInfoPem() };

        Assert.That(await Refusal(Jws.Sign(Good, algorithm, Rsa, "any name"), options), Is.Null);
        Assert.That(await Refusal(Jws.Sign(Good, algorithm, OtherRsa), options), Is.EqualTo(TokenRefusal.BadSignature));
    }

    [Test]
    public async Task Verify_EcdsaSignature_IsTakenOnItsCurveOnly()
    {
        (string Algorithm, ECDsa Key)[] pairs = [("ES256", P256), ("ES384", P384), ("ES512", P521)];
        foreach (var (algorithm, key) in pairs)
        {
            foreach (var (other, otherKey) in pairs)
            {
                var options = new AuthOptions { PublicKey = otherKey.ExportSubjectPublicKeyInfoPem() };
                Assert.That(await Refusal(Jws.Sign(Good, algorithm, key), options), Is.EqualTo(algorithm == other ? null : (TokenRefusal?)TokenRefusal.UnsupportedAlgorithm), $"{algorithm} by {other}'s key");
                Assert.That(await Refusal(Jws.Sign(Good, algorithm, otherKey), options), Is.EqualTo(algorithm == other ? null : (TokenRefusal?)TokenRefusal.UnsupportedAlgorithm), $"{algorithm} signed on {other}'s curve");
            }
        }
    }

    [Test]
    public async Task Verify_EcdsaSignatureInDer_IsRefused()
    {
        var token = Jws.Sign(Good, "ES256", P256);
        var signed = token[..token.LastIndexOf('.')];
        var der = P256.SignData(System.Text.Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.That(await Refusal($"{signed}.{System.Buffers.Text.Base64Url.EncodeToString(der)}", new AuthOptions { PublicKey = P256.ExportSubjectPublicKeyInfoPem() }), Is.EqualTo(TokenRefusal.BadSignature));
    }

    [TestCase("HS256")]
    [TestCase("HS384")]
    [TestCase("HS512")]
    public async Task Verify_HmacWithThePublicKeyAsSecret_IsRefused(string algorithm)
    {
        var pem = Rsa.ExportSubjectPublicKeyInfoPem();
        foreach (var secret in new[] { pem, pem + "\n", pem.ReplaceLineEndings("\r\n"), Convert.ToBase64String(Rsa.ExportSubjectPublicKeyInfo()), System.Text.Encoding.Latin1.GetString(Rsa.ExportSubjectPublicKeyInfo()) })
        {
            var token = Jws.Sign(Good, $$"""{"alg":"{{algorithm}}"}""", secret, algorithm);
            Assert.That(await Refusal(token, new AuthOptions { PublicKey = pem }), Is.EqualTo(TokenRefusal.UnsupportedAlgorithm));
            Assert.That(await Refusal(token, new AuthOptions { PublicKey = pem, SecretKey = Jws.Secret }), Is.EqualTo(TokenRefusal.BadSignature));
        }
    }

    [Test]
    public async Task Verify_PublicKeyAlgorithmWithASecretOnly_IsUnsupported()
    {
        var options = new AuthOptions { SecretKey = Jws.Secret };
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa), options), Is.EqualTo(TokenRefusal.UnsupportedAlgorithm));
        Assert.That(await Refusal(Jws.Sign(Good, """{"alg":"RS256"}"""), options), Is.EqualTo(TokenRefusal.UnsupportedAlgorithm));
        Assert.That(await Refusal(Jws.Sign(Good, """{"alg":"ES256"}"""), options), Is.EqualTo(TokenRefusal.UnsupportedAlgorithm));
    }

    [Test]
    public async Task Verify_KeyInTheTokensHeader_IsIgnored()
    {
        var jwk = Jwk.Of("mine", OtherRsa);
        var header = $$"""{"alg":"RS256","jwk":{{jwk}},"kid":"mine","jku":"http://127.0.0.1:1/keys"}""";
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", OtherRsa, header: header), new AuthOptions { PublicKey = Rsa.ExportSubjectPublicKeyInfoPem() }), Is.EqualTo(TokenRefusal.BadSignature));
    }

    [Test]
    public async Task Verify_AlgorithmNone_IsUnsupported()
    {
        var options = new AuthOptions { PublicKey = Rsa.ExportSubjectPublicKeyInfoPem() };
        foreach (var none in new[] { "none", "None", "NONE", "" })
        {
            Assert.That(await Refusal(Jws.Sign(Good, $$"""{"alg":"{{none}}"}""", algorithm: "none"), options), Is.EqualTo(TokenRefusal.UnsupportedAlgorithm));
        }
    }

    [Test]
    public async Task Verify_SecretAndPublicKey_TakeTokensOfBoth()
    {
        var options = new AuthOptions { SecretKey = Jws.Secret, PublicKey = P256.ExportSubjectPublicKeyInfoPem() };
        Assert.That(await Refusal(Jws.Sign(Good), options), Is.Null);
        Assert.That(await Refusal(Jws.Sign(Good, "ES256", P256), options), Is.Null);
    }

    [Test]
    public async Task Verify_PreviousSecret_IsTakenBesideTheNewOne()
    {
        var options = new AuthOptions { SecretKey = "new", PreviousSecretKey = "old" };
        foreach (var algorithm in new[] { "HS256", "HS384", "HS512" })
        {
            var header = $$"""{"alg":"{{algorithm}}","kid":"7"}""";
            Assert.That(await Refusal(Jws.Sign(Good, header, "new", algorithm), options), Is.Null);
            Assert.That(await Refusal(Jws.Sign(Good, header, "old", algorithm), options), Is.Null);
            Assert.That(await Refusal(Jws.Sign(Good, header, "older", algorithm), options), Is.EqualTo(TokenRefusal.BadSignature));
        }
    }

    [TestCase("", null)]
    [TestCase("https://issuer.example", null)]
    [TestCase("https://issuer.example/", TokenRefusal.WrongIssuer)]
    [TestCase("HTTPS://issuer.example", TokenRefusal.WrongIssuer)]
    public async Task Verify_Issuer_IsCheckedWhenSet(string issuer, object? refusal) =>
        Assert.That(await Refusal(Jws.Sign(Good), new AuthOptions { SecretKey = Jws.Secret, Issuer = issuer }), Is.EqualTo(refusal));

    [TestCase("web", null)]
    [TestCase("else,app", null)]
    [TestCase("else", TokenRefusal.WrongAudience)]
    public async Task Verify_Audience_IsOneOfThoseSet(string audience, object? refusal) =>
        Assert.That(await Refusal(Jws.Sign(Good), new AuthOptions { SecretKey = Jws.Secret, Audience = audience.Split(',') }), Is.EqualTo(refusal));

    [TestCase("", TokenRefusal.WrongAudience)]
    [TestCase(""","aud":"web" """, null)]
    [TestCase(""","aud":"webb" """, TokenRefusal.WrongAudience)]
    [TestCase(""","aud":[]""", TokenRefusal.WrongAudience)]
    [TestCase(""","aud":[null,1]""", TokenRefusal.WrongAudience)]
    [TestCase(""","aud":null""", TokenRefusal.WrongAudience)]
    [TestCase(""","aud":{"web":"web"}""", TokenRefusal.WrongAudience)]
    public async Task Verify_AudienceOfAnyShape_IsTextOrListOfTexts(string claim, object? refusal) =>
        Assert.That(
            await Refusal(Jws.Sign($$"""{"user":"a","roles":[],"exp":1800000060,"jti":"s1"{{claim}}}"""), new AuthOptions { SecretKey = Jws.Secret, Audience = ["web"] }),
            Is.EqualTo(refusal));

    [Test]
    public async Task Setting_EveryWayToGiveAKey_Works()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, Rsa.ExportSubjectPublicKeyInfoPem());
            var request = new CertificateRequest("CN=issuer", Rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
            string[] settings = [Rsa.ExportSubjectPublicKeyInfoPem(), Rsa.ExportRSAPublicKeyPem(), Rsa.ExportSubjectPublicKeyInfoPem().Replace("\n", "\\n", StringComparison.Ordinal), certificate.ExportCertificatePem(), file, $" {file}\n"];
            foreach (var setting in settings)
            {
                Assert.That(Mistakes(("JWT_PUBLIC_KEY", setting)), Is.Empty);
                Assert.That(await Refusal(Jws.Sign(Good, "PS256", Rsa), new AuthOptions { PublicKey = setting }), Is.Null, setting);
            }

            var ecRequest = new CertificateRequest("CN=issuer", P384, HashAlgorithmName.SHA256);
            using var ecCertificate = ecRequest.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
            Assert.That(await Refusal(Jws.Sign(Good, "ES384", P384), new AuthOptions { PublicKey = ecCertificate.ExportCertificatePem() }), Is.Null);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void Setting_Mistakes_AreOneLineEachAndShowNoKey()
    {
        using var small = RSA.Create(1024);
        using var bitcoin = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        (string Setting, string Mistake)[] cases =
        [
            ("/no/such/file.pem", "is neither PEM nor the path of a file that can be read"),
            ("/", "is neither PEM nor the path of a file that can be read"),
            ("a\0b", "is neither PEM nor the path of a file that can be read"),
            (Rsa.ExportPkcs8PrivateKeyPem(), "holds a private key, which only the issuer of the tokens should have; the public key is expected"),
            (Rsa.ExportRSAPrivateKeyPem(), "holds a private key, which only the issuer of the tokens should have; the public key is expected"),
            (P256.ExportECPrivateKeyPem(), "holds a private key, which only the issuer of the tokens should have; the public key is expected"),
            (Rsa.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1)), "holds a private key, which only the issuer of the tokens should have; the public key is expected"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "holds a key that cannot be read"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "holds a key that cannot be read"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA", "holds no PEM block"),
            ("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----", "holds something else than a public key or a certificate"),
            (Rsa.ExportSubjectPublicKeyInfoPem() + "\n" + P256.ExportSubjectPublicKeyInfoPem(), "holds more than one PEM block, where one public key or certificate is expected"),
            (small.ExportSubjectPublicKeyInfoPem(), "holds a key of another kind than RSA of at least 2048 bits and EC on P-256, P-384 or P-521"),
            (bitcoin.ExportSubjectPublicKeyInfoPem(), "holds a key of another kind than RSA of at least 2048 bits and EC on P-256, P-384 or P-521"),
        ];
        foreach (var (setting, mistake) in cases)
        {
            Assert.That(Mistakes(("JWT_PUBLIC_KEY", setting)), Is.EqualTo([$"JWT_PUBLIC_KEY=(hidden): it {mistake}."]));
        }
    }

    [TestCase("ftp://example.com/keys")]
    [TestCase("example.com/keys")]
    [TestCase("/keys")]
    [TestCase("http://")]
    public void Setting_OtherThanAUrl_IsAMistake(string url) =>
        Assert.That(Mistakes(("JWT_JWKS_URL", url)), Is.EqualTo([$"JWT_JWKS_URL={url}: expected an absolute URL with http or https."]));

    [Test]
    public void Setting_KeyAndUrl_IsAMistake() =>
        Assert.That(
            Mistakes(("JWT_JWKS_URL", "https://example.com/keys"), ("JWT_PUBLIC_KEY", P256.ExportSubjectPublicKeyInfoPem())),
            Is.EqualTo(["JWT_PUBLIC_KEY=(hidden): expected either this or JWT_JWKS_URL."]));

    [TestCase("JWT_SECRET_KEY")]
    [TestCase("JWT_PREVIOUS_SECRET_KEY")]
    public void Setting_PublicKeyAsSecret_IsAMistake(string name)
    {
        var mistakes = Mistakes((name, Rsa.ExportSubjectPublicKeyInfoPem()));
        Assert.That(mistakes, Has.Count.EqualTo(1));
        Assert.That(mistakes[0], Does.StartWith($"{name}=(hidden): ").And.Not.Contain("BEGIN").And.Not.Contain("\n"));
    }

    private static FakeTimeProvider Clock() => new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    private static async Task<TokenRefusal?> Refusal(string token, AuthOptions options) => (await Verifiers.Of(options, Clock()).Verify(token)).Refusal;

    private static IReadOnlyList<string> Mistakes(params (string Name, string Value)[] settings)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Name, (string?)pair.Value))).Build());
        reader.Read<AuthOptions>();
        return reader.Mistakes;
    }
}
