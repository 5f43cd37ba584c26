using System.Buffers.Text;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Commands;
using RigKafka.Settings;
using RigKafka.Tests.Docs;

namespace RigKafka.Tests.Commands;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly ConfigurationManager _environment = new();
    private readonly List<string> _files = [];
    private string _input = "";
    private bool _ran;

    private string Output => _output.ToString();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        _environment.Dispose();
        _files.ForEach(File.Delete);
    }

    [Test]
    public void Run_NoCommand_RunsTheGateway()
    {
        Assert.That(Run(), Is.EqualTo(42));
        Assert.That(_ran, Is.True);
    }

    [TestCase("tokn")]
    [TestCase("--verbose")]
    [TestCase("--INBOUND_PORT=0")]
    [TestCase("--environment=Development", "--contentRoot=/somewhere")]
    [TestCase("token")]
    [TestCase("token", "--secret", "s")]
    [TestCase("token", "--user", "alice")]
    [TestCase("token", "--secret", "", "--user", "alice")]
    [TestCase("token", "--secret", "s", "--user", "alice", "--exp", "tomorrow")]
    [TestCase("token", "--secret", "s", "--user", "alice", "--alg", "RS256")]
    [TestCase("token", "--secret", "s", "--user", "alice", "--jti", "")]
    [TestCase("token", "--secret", "s", "--key", "k.pem", "--user", "alice")]
    [TestCase("token", "--key", "no-such-file.pem", "--user", "alice")]
    [TestCase("token", "check", "a", "b")]
    [TestCase("check", "now")]
    [TestCase("token", "--secret", "s", "--user", "alice", "--admin")]
    [TestCase("token", "--secret", "s", "--user", "alice", "--name=value")]
    [TestCase("settings", "--json")]
    public void Run_BadArguments_ShowTheUsageAndFail(params string[] args)
    {
        Assert.That(Run(args), Is.EqualTo(1));
        Assert.That(_ran, Is.False);
        Assert.That(_error.ToString(), Is.Not.Empty);
        Assert.That(Output, Does.Contain("Usage:"));
    }

    [Test]
    public void Run_Help_NamesTheCommands()
    {
        Assert.That(Run("--help"), Is.Zero);
        Assert.That(Output, Does.Contain("check").And.Contain("token").And.Contain("settings"));
    }

    [Test]
    public void RunningPage_ListsTheCommands()
    {
        var commands = MarkdownTable.Rows(RepositoryFiles.Read("docs/operations/running.md"), "## Commands")
            .Select(row => row[0].Split(" --")[0].Split(' ')).ToList();
        Assert.That(commands.Select(words => words[0]).Distinct(), Is.EquivalentTo(["check", "token", "settings"]));
        foreach (var words in commands)
        {
            Assert.That(Run([.. words, "--help"]), Is.Zero, string.Join(' ', words));
        }

        Assert.That(Output, Does.Contain("token check").And.Contain("--key"));
    }

    [TestCase("myJwtSecret", "HS256")]
    [TestCase("myJwtSecret", "HS384")]
    [TestCase("myJwtSecret", "HS512")]
    [TestCase("@secret", "HS256")]
    public async Task Token_AnyAlgorithm_IsTakenByTheGateway(string secret, string alg)
    {
        Assert.That(Run("token", "--secret", secret, "--user", "jürgen \"j\"", "--roles", " a, b,,", "--alg", alg), Is.Zero);

        var verifier = Verifiers.Of(new AuthOptions { SecretKey = secret });
        var identity = (await verifier.Verify(Output.TrimEnd())).Identity;
        Assert.That(identity?.User, Is.EqualTo("jürgen \"j\""));
        Assert.That(identity?.Roles, Is.EqualTo(["a", "b"]));
        Assert.That(identity?.Expires, Is.EqualTo(DateTimeOffset.UtcNow.AddDays(1)).Within(TimeSpan.FromMinutes(1)));
    }

    [TestCase("rsa", null, "RS256")]
    [TestCase("rsa", "PS384", "PS384")]
    [TestCase("p256", null, "ES256")]
    [TestCase("p384", null, "ES384")]
    [TestCase("p521", "ES512", "ES512")]
    public async Task Token_PrivateKey_IsTakenByTheGatewayThatHasThePublicOne(string kind, string? algorithm, string expected)
    {
        AsymmetricAlgorithm key = kind switch { "rsa" => TestKeys.Rsa, "p256" => TestKeys.P256, "p384" => TestKeys.P384, _ => TestKeys.P521 };
        string[] named = algorithm is null ? [] : ["--alg", algorithm];
        foreach (var pem in new[] { key.ExportPkcs8PrivateKeyPem(), key is RSA rsa ? rsa.ExportRSAPrivateKeyPem() : ((ECDsa)key).ExportECPrivateKeyPem() })
        {
            _output.GetStringBuilder().Clear();
            Assert.That(Run(["token", "--key", Written(pem), "--user", "alice", .. named]), Is.Zero, () => $"{_error}");

            Assert.That(JsonElement.Parse(Base64Url.DecodeFromChars(Output.Split('.')[0])).GetProperty("alg").GetString(), Is.EqualTo(expected));
            var verifier = Verifiers.Of(new AuthOptions { PublicKey = key.ExportSubjectPublicKeyInfoPem() });
            Assert.That((await verifier.Verify(Output.TrimEnd())).Identity?.User, Is.EqualTo("alice"));
        }
    }

    [Test]
    public void Token_KeyOfNoUse_IsRefused_WithWhatWouldBeRight()
    {
        using var small = RSA.Create(1024);
        using var other = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        foreach (var (pem, expected) in new[]
        {
            ("no key", "Option '--key': expected a file with a private key in PEM"),
            (TestKeys.Rsa.ExportSubjectPublicKeyInfoPem(), "Option '--key': expected a file with a private key in PEM"),
            (TestKeys.Rsa.ExportEncryptedPkcs8PrivateKeyPem("p", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1)), "Option '--key': expected a file with a private key in PEM (-----BEGIN PRIVATE KEY-----), not encrypted"),
            (small.ExportPkcs8PrivateKeyPem(), "Option '--key': expected RSA of at least 2048 bits"),
            (other.ExportPkcs8PrivateKeyPem(), "expected RSA of at least 2048 bits"),
        })
        {
            _error.GetStringBuilder().Clear();
            Assert.That(Run("token", "--key", Written(pem), "--user", "alice"), Is.EqualTo(1));
            Assert.That(_error.ToString(), Does.Contain(expected));
        }

        Assert.That(Run("token", "--key", Written(TestKeys.P256.ExportPkcs8PrivateKeyPem()), "--user", "alice", "--alg", "RS256"), Is.EqualTo(1));
        Assert.That(_error.ToString(), Does.Contain("Option '--alg': expected one of ES256"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void TokenCheck_GoodToken_SaysWhoseItIs(bool asArgument)
    {
        _environment["JWT_SECRET_KEY"] = "s3cret";
        var token = Jws.Sign("""{"user":"alice","roles":[],"exp":4102444800,"iat":1,"jti":"s1"}""", secret: "s3cret");
        // As it is pasted from a mail, which breaks lines.
        _input = $"Bearer {token[..30]}\n  {token[30..]}\n\nand more";

        Assert.That(asArgument ? Run("token", "check", token) : Run("token", "check"), Is.Zero);
        Assert.That(Output, Is.EqualTo(
            "accepted: user \"alice\", session \"s1\", until 2100-01-01 00:00:00Z, unless it is on the blacklist\n"
            + "header: {\"alg\":\"HS256\",\"typ\":\"JWT\"}\n"
            + "claims: {\"user\":\"alice\",\"roles\":[],\"exp\":4102444800,\"iat\":1,\"jti\":\"s1\"}\n"));
    }

    [Test]
    public void TokenCheck_RefusedToken_SaysAllThatIsWrong_WithoutItsSignature()
    {
        _environment["JWT_SECRET_KEY"] = "s3cret";
        _environment["JWT_ISSUER"] = "us";
        var token = Jws.Sign("""{"user":"alice","exp":1,"jti":"s1"}""", secret: "another");

        Assert.That(Run("token", "check", token), Is.EqualTo(1));
        Assert.That(
            Output.Split('\n').Select(line => line.Split(';')[0]).Take(4),
            Is.EqualTo(["refused: expired", Output.Split('\n')[1].Split(';')[0], "wrong_issuer: Its iss is missing", "bad_signature: It was not signed with JWT_SECRET_KEY, or was changed later"]));
        Assert.That(Output + _error, Does.Not.Contain(token.Split('.')[2]).And.Not.Contain("s3cret"));
    }

    [Test]
    public void TokenCheck_WrongSettings_AreSaid()
    {
        _environment["JWT_CLOCK_SKEW_SECONDS"] = "some";

        Assert.That(Run("token", "check", "e30.e30.e30"), Is.EqualTo(1));
        Assert.That(_error.ToString(), Is.EqualTo("JWT_CLOCK_SKEW_SECONDS=some: expected an integer from 0 to 3600.\n"));
    }

    [Test]
    public void Token_Defaults_AreThoseOfTheOriginal()
    {
        Run("token", "--secret", "s", "--user", "alice", "--exp", "1900000000");
        var claims = Claims();

        Assert.That(Output.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(claims.EnumerateObject().Select(claim => claim.Name), Is.EquivalentTo(["user", "roles", "iat", "exp", "jti"]));
        Assert.That(claims.GetProperty("roles").GetArrayLength(), Is.Zero);
        Assert.That(claims.GetProperty("exp").GetInt64(), Is.EqualTo(1900000000));
        Assert.That(long.Parse(claims.GetProperty("jti").GetString()!), Is.EqualTo(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Within(60));
    }

    [Test]
    public void Token_Session_CanBeNamed()
    {
        Run("token", "--secret", "s", "--user", "alice", "--jti", "s7");
        Assert.That(Claims().GetProperty("jti").GetString(), Is.EqualTo("s7"));
    }

    [Test]
    public void Settings_Environment_IsShownWithoutSecrets()
    {
        _environment["JWT_SECRET_KEY"] = "myJwtSecret";
        _environment["PRIVILEGED_ROLES"] = "admin,support";

        Assert.That(Run("settings"), Is.Zero);
        Assert.That(Output, Does.StartWith("Auth\n  JWT_SECRET_KEY=(hidden)\n").And.Contain("  PRIVILEGED_ROLES=admin,support\n").And.Not.Contain("myJwtSecret"));
        Assert.That(Output, Does.Contain("an integer from 256 to 65536; default: 8192\n"));
    }

    [Test]
    public void Settings_Mistakes_AreShownToo()
    {
        _environment["JWT_CLOCK_SKEW_SECONDS"] = "some";

        Assert.That(Run("settings"), Is.EqualTo(1));
        Assert.That(_error.ToString(), Is.EqualTo("JWT_CLOCK_SKEW_SECONDS=some: expected an integer from 0 to 3600.\n"));
        Assert.That(Output, Does.Contain("JWT_CLOCK_SKEW_SECONDS=0\n"));
    }

    [Test]
    public void Settings_Markdown_IsTheSameWhateverTheEnvironment()
    {
        Run("settings", "--markdown");
        var page = Output;
        _output.GetStringBuilder().Clear();
        _environment["JWT_SECRET_KEY"] = "myJwtSecret";
        _environment["JWT_USER_FIELD"] = "username";

        Assert.That(Run("settings", "--markdown"), Is.Zero);
        Assert.That(Output, Is.EqualTo(page));
        Assert.That(page, Does.StartWith("# Settings\n").And.Contain("## Auth\n").And.Contain("| `JWT_USER_FIELD` | `user` | text | The claim that holds the user's name, "));
    }

    private int Run(params string[] args) =>
        CommandLine.Run(args, RunGateway, () => (ReadSettings(), () => throw new InvalidOperationException("It needs no services.")), new InvocationConfiguration { Output = _output, Error = _error }, new StringReader(_input));

    private string Written(string text)
    {
        var file = Path.GetTempFileName();
        _files.Add(file);
        File.WriteAllText(file, text);
        return file;
    }

    private int RunGateway()
    {
        _ran = true;
        return 42;
    }

    private SettingsReader ReadSettings()
    {
        var settings = new SettingsReader(_environment);
        settings.Read<AuthOptions>();
        return settings;
    }

    private JsonElement Claims() => JsonElement.Parse(Base64Url.DecodeFromChars(Output.Split('.')[1]));
}
