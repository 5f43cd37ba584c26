using System.Buffers.Text;
using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Commands;
using RigKafka.Settings;

namespace RigKafka.Tests.Commands;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly ConfigurationManager _environment = new();
    private bool _ran;

    private string Output => _output.ToString();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        _environment.Dispose();
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
        Assert.That(Output, Does.Contain("token").And.Contain("settings"));
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

    [Test]
    public void Token_Defaults_AreThoseOfTheOriginal()
    {
        Run("token", "--secret", "s", "--user", "alice", "--exp", "1900000000");
        var claims = Claims();

        Assert.That(Output.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(claims.EnumerateObject().Select(claim => claim.Name), Is.EquivalentTo(["user", "roles", "exp", "jti"]));
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

    private int Run(params string[] args) => CommandLine.Run(args, RunGateway, ReadSettings, new InvocationConfiguration { Output = _output, Error = _error });

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
