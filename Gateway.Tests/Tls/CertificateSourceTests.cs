using NUnit.Framework;
using RigKafka.Tls;

namespace RigKafka.Tests.Tls;

internal sealed class CertificateSourceTests
{
    private const string Pass = "a pass phrase that nobody may read";

    private TestCertificates _files = null!;
    private List<string> _mistakes = null!;

    [SetUp]
    public void SetUp() => (_files, _mistakes) = (new TestCertificates(), []);

    [TearDown]
    public void TearDown()
    {
        _files.Dispose();
        Assert.That(_mistakes, Has.All.Not.Contain(Pass));
        Assert.That(_mistakes, Has.All.Not.Contain("\n"));
    }

    [TestCase(false, null)]
    [TestCase(true, null)]
    [TestCase(false, Pass)]
    [TestCase(true, Pass)]
    public void Load_CertificateAndItsKey_IsTaken(bool withRsa, string? pass)
    {
        _files.Renew(pass: pass, withRsa: withRsa);
        Assert.That(Load(pass ?? "")?.Current.Subject, Is.EqualTo("CN=localhost"));
        Assert.That(_mistakes, Is.Empty);
    }

    [Test]
    public void Load_PassPhraseForAKeyWithout_IsTaken()
    {
        _files.Renew();
        Assert.That(Load(Pass), Is.Not.Null);
    }

    [Test]
    public void Load_ExpiredCertificate_IsTaken()
    {
        _files.Renew(validFor: -1);
        Assert.That(Load()?.Current.NotAfter, Is.LessThan(DateTimeOffset.UtcNow));
    }

    [Test]
    public void Load_BothFilesMissing_SaysSoOfEach()
    {
        Assert.That(Load(), Is.Null);
        Assert.That(_mistakes, Is.EqualTo(new[] { $"HTTPS_CERTFILE={_files.CertificateFile}: no such file.", $"HTTPS_KEYFILE={_files.KeyFile}: no such file." }));
    }

    [Test]
    public void Load_BothFilesNoPem_SaysSoOfEach()
    {
        _files.Write("-----BEGIN CERTIFICATE-----\nbroken", "-----BEGIN PRIVATE KEY-----\nbroken");
        Assert.That(Load(), Is.Null);
        Assert.That(_mistakes, Is.EqualTo(new[]
        {
            $"HTTPS_CERTFILE={_files.CertificateFile}: expected certificates in PEM (-----BEGIN CERTIFICATE-----).",
            $"HTTPS_KEYFILE={_files.KeyFile}: expected a private key in PEM (-----BEGIN PRIVATE KEY-----).",
        }));
    }

    [Test]
    public void Load_PemOfNoCertificate_SaysSo()
    {
        _files.Write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", _files.Issue().Key);
        AssertRefused($"HTTPS_CERTFILE={_files.CertificateFile}: expected certificates in PEM (-----BEGIN CERTIFICATE-----).");
    }

    [TestCase(false, null)]
    [TestCase(true, null)]
    [TestCase(true, Pass)]
    public void Load_KeyOfAnotherCertificate_SaysSo(bool withRsa, string? pass)
    {
        _files.Write(_files.Issue().Certificate, _files.Issue(withRsa: withRsa, pass: pass).Key);
        AssertRefused($"HTTPS_KEYFILE={_files.KeyFile}: expected the private key of the first certificate of HTTPS_CERTFILE.", pass ?? "");
    }

    [Test]
    public void Load_PemOfNoKey_SaysSo()
    {
        _files.Write(_files.Issue().Certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        AssertRefused($"HTTPS_KEYFILE={_files.KeyFile}: expected the private key of the first certificate of HTTPS_CERTFILE.");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Load_WrongPassPhrase_SaysSo_WithoutIt(bool withRsa)
    {
        _files.Renew(pass: "another", withRsa: withRsa);
        AssertRefused("HTTPS_KEYFILE_PASS=(hidden): expected the pass phrase of HTTPS_KEYFILE.", Pass);
    }

    [Test]
    public void Load_EncryptedKeyWithoutPassPhrase_SaysSo()
    {
        _files.Renew(pass: "another");
        AssertRefused("HTTPS_KEYFILE_PASS: expected the pass phrase of HTTPS_KEYFILE, which is encrypted.");
    }

    [Test]
    public void Load_KeyEncryptedInTheOldWay_SaysWhatToDo()
    {
        _files.Write(_files.Issue().Certificate, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n");
        AssertRefused($"HTTPS_KEYFILE={_files.KeyFile}: expected an encrypted key as PKCS #8 (-----BEGIN ENCRYPTED PRIVATE KEY-----); `openssl pkcs8 -topk8` makes one of it.", Pass);
    }

    [Test]
    public void Load_FolderInsteadOfAFile_SaysSo()
    {
        Directory.CreateDirectory(_files.CertificateFile);
        File.WriteAllText(_files.KeyFile, _files.Issue().Key);
        AssertRefused($"HTTPS_CERTFILE={_files.CertificateFile}: the file cannot be read.");
    }

    [Test]
    public void Renew_SameFiles_IsNothing()
    {
        _files.Renew();
        var source = Load()!;
        Assert.That(source.Renew(Options(), _mistakes.Add), Is.False);
        Assert.That(_mistakes, Is.Empty);
    }

    [Test]
    public void Renew_NewFiles_AreTakenUp()
    {
        _files.Renew();
        var source = Load()!;
        _files.Renew(validFor: 3);
        Assert.That(source.Renew(Options(), _mistakes.Add), Is.True);
        Assert.That(source.Current.NotAfter, Is.LessThan(DateTimeOffset.UtcNow.AddDays(4)));
        Assert.That(_mistakes, Is.Empty);
    }

    [Test]
    public void Renew_HalfWrittenFiles_KeepTheOldCertificate_AndSaySoOnce()
    {
        _files.Renew();
        var source = Load()!;
        var old = source.Current;
        var (certificate, key) = _files.Issue();
        foreach (var half in new[] { "", certificate[..(certificate.Length / 4)], certificate })
        {
            File.WriteAllText(_files.CertificateFile, half);
            Assert.That(source.Renew(Options(), _mistakes.Add), Is.False);
            Assert.That(source.Renew(Options(), _mistakes.Add), Is.False);
            Assert.That(source.Current, Is.SameAs(old));
        }

        Assert.That(_mistakes, Has.Count.EqualTo(3));
        File.WriteAllText(_files.KeyFile, key);
        Assert.That(source.Renew(Options(), _mistakes.Add), Is.True);
    }

    [Test]
    public void Renew_MissingFile_KeepsTheOldCertificate_AndSaysSoOnce()
    {
        _files.Renew();
        var source = Load()!;
        File.Delete(_files.KeyFile);
        Assert.That(source.Renew(Options(), _mistakes.Add), Is.False);
        Assert.That(source.Renew(Options(), _mistakes.Add), Is.False);
        Assert.That(_mistakes, Is.EqualTo(new[] { $"HTTPS_KEYFILE={_files.KeyFile}: no such file." }));
    }

    [Test]
    public void Files_Printed_ShowNoKey()
    {
        _files.Renew();
        Assert.That(Load()!.Seen!.ToString(), Does.Not.Contain("KEY"));
    }

    private void AssertRefused(string mistake, string pass = "")
    {
        Assert.That(Load(pass), Is.Null);
        Assert.That(_mistakes, Is.EqualTo(new[] { mistake }));
    }

    private TlsOptions Options(string pass = "") => new() { CertificateFile = _files.CertificateFile, KeyFile = _files.KeyFile, KeyPass = pass };

    private CertificateSource? Load(string pass = "") => CertificateSource.Load(Options(pass), _mistakes.Add);
}
