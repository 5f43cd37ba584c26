using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Settings;

/// <summary>Settings are environment variables and nothing else, wherever a node is started from.</summary>
internal sealed class WorkingFolderTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rig-kafka-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task StartedFromTheRoot_NoFileIsWatched()
    {
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string>(), "/");

        Assert.That(Watches(gateway.Id), Is.Empty);
    }

    [TestCase("appsettings.json")]
    [TestCase("appsettings.Production.json")]
    [TestCase("appsettings.Development.json")]
    public async Task FileOfTheFramework_InTheWorkingFolder_SetsNothing(string name)
    {
        Write(name, """{ "LOG_LEVEL": "loud", "URLS": "http://127.0.0.1:1", "Kestrel": { "Endpoints": { "More": { "Url": "nonsense" } } } }""");
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string> { ["DOTNET_ENVIRONMENT"] = name.Split('.')[1] }, _folder);

        Assert.That(Watches(gateway.Id), Is.Empty);
        Assert.That(gateway.Output, Has.None.Contains(" Microsoft."), "what the framework says");
    }

    [Test]
    public void ContentRoot_IsTheApplicationsFolder_WhereverItIsStarted()
    {
        var present = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = _folder;
            Assert.That(Program.CreateBuilder().Environment.ContentRootPath, Is.EqualTo(AppContext.BaseDirectory));
        }
        finally
        {
            Environment.CurrentDirectory = present;
        }
    }

    [Test]
    public async Task Settings_OnTheCommandLine_AreRefused_NotTaken()
    {
        await using var gateway = GatewayProcess.Run(new Dictionary<string, string> { ["LISTEN_ADDRESS"] = "127.0.0.1", ["API_PORT"] = "0" }, "--INBOUND_PORT=0");

        Assert.That(await gateway.Exit(), Is.EqualTo(1));
        Assert.That(gateway.Error, Has.Some.Contains("--INBOUND_PORT=0"));
        Assert.That(gateway.Output, Has.None.Contains("Listening"));
    }

    [Test]
    public async Task FilesThatSettingsName_AreRelativeToTheWorkingFolder()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        Write("certificate.pem", certificate.ExportCertificatePem());
        Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        Write("apis.json", """[{ "id": "books", "name": "books", "version_data": { "default": { "endpoints": [{ "id": "list", "path": "/books", "method": "GET", "not_secured": true }] } }, "proxy": { "use_env": false, "target_url": "localhost", "port": 1 } }]""");
        await using var gateway = await GatewayProcess.Start(
            new Dictionary<string, string>
            {
                ["HTTPS_CERTFILE"] = "certificate.pem",
                ["HTTPS_KEYFILE"] = "key.pem",
                ["INBOUND_HTTPS_PORT"] = "0",
                ["API_HTTPS_PORT"] = "0",
                ["PROXY_CONFIG_FILE"] = "apis.json",
            },
            _folder);

        await gateway.Line("Listening with TLS");
        await gateway.Line("1 routes are proxied.");
    }

    private static IEnumerable<string> Watches(int process) =>
        Directory.EnumerateFiles($"/proc/{process}/fdinfo").SelectMany(ReadLines).Where(line => line.StartsWith("inotify", StringComparison.Ordinal));

    /// <summary>Nothing where the file was closed meanwhile.</summary>
    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text, Encoding.UTF8);
}
