using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using NUnit.Framework;
using RigKafka.Http;
using RigKafka.Listeners;
using RigKafka.Telemetry;
using RigKafka.Tls;

namespace RigKafka.Tests.Tls;

internal sealed partial class TlsTests
{
    private static readonly RequestDelegate Tell = context => context.AnswerBare(200, $"{(context.IsApi() ? "api" : "external")} {context.Request.Protocol}");

    private TestCertificates _certificates = null!;

    [SetUp]
    public void SetUp() => _certificates = new TestCertificates();

    [TearDown]
    public void TearDown() => _certificates.Dispose();

    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task BothListeners_SpeakTls_AndAreToldApart(string version)
    {
        await using var app = await Start();
        var (external, api) = app.Services.TlsListenAddresses()!.Value;
        using var outside = _certificates.Http(external, Version.Parse(version));
        using var inside = _certificates.Http(api, Version.Parse(version));
        var protocol = version == "2.0" ? "HTTP/2" : "HTTP/1.1";
        Assert.That(await outside.GetStringAsync("/where"), Is.EqualTo($"external {protocol}"));
        Assert.That(await inside.GetStringAsync("/where"), Is.EqualTo($"api {protocol}"));
    }

    /// <summary>A stream that waits would take half as much again.</summary>
    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task Connection_GivesTheBuffersOfOpenSslBack(string version)
    {
        _certificates.Renew();
        static Task TellMode(HttpContext context) =>
            context.AnswerBare(200, $"{OpenSslBuffers.Mode(context.Features.GetRequiredFeature<ISslStreamFeature>().SslStream, add: 0) & OpenSslBuffers.ReleaseMode}");
        await using var app = await TestApp.Start(external: routes => routes.MapGet("/mode", TellMode), settings: _certificates.Settings);
        using var client = _certificates.Http(app.Services.TlsListenAddresses()!.Value.External, Version.Parse(version));

        Assert.That(await client.GetStringAsync("/mode"), Is.EqualTo($"{(OperatingSystem.IsLinux() ? OpenSslBuffers.ReleaseMode : 0)}"));
    }

    [Test]
    public async Task PlainListeners_StayAsTheyAre()
    {
        await using var app = await Start();
        Assert.That(await app.External.GetStringAsync("/where"), Is.EqualTo("external HTTP/1.1"));
        Assert.That(await app.Api.GetStringAsync("/where"), Is.EqualTo("api HTTP/1.1"));
    }

    [Test]
    public async Task WithoutACertificate_ThereIsNoTls()
    {
        await using var app = await TestApp.Start();
        Assert.That(app.Services.TlsListenAddresses(), Is.Null);
    }

    [TestCase("h2,http/1.1", "h2")]
    [TestCase("http/1.1", "http/1.1")]
    public async Task Protocol_IsAgreedUpon_ByAlpn(string offered, string expected)
    {
        await using var app = await Start();
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, app.Services.TlsListenAddresses()!.Value.External.Port).Soon();
        await using var tls = new SslStream(tcp.GetStream());
        var options = _certificates.Client();
        options.ApplicationProtocols = [.. offered.Split(',').Select(protocol => new SslApplicationProtocol(protocol))];
        await tls.AuthenticateAsClientAsync(options).Soon();
        Assert.That(tls.NegotiatedApplicationProtocol.ToString(), Is.EqualTo(expected));
    }

    [Test]
    public async Task ExpiredCertificate_IsWarnedOf()
    {
        await using var app = await Start(validFor: -1);
        Assert.That(app.TakeErrors(), Has.Count.EqualTo(1).And.All.StartsWith("1423 The certificate of CN=localhost expired at "));
    }

    [Test]
    public async Task Expiry_InTheMetrics_IsThatOfTheCertificateInUse()
    {
        _certificates.Renew(validFor: 1);
        await using var app = await TestApp.Start(
            (builder, settings) => builder.AddTelemetry(settings),
            api: api => api.MapTelemetry(),
            settings: new(_certificates.Settings) { ["HTTPS_RELOAD_INTERVAL_MS"] = "100", ["LOG_LEVEL"] = "error" });
        Assert.That(await Expiry(), Is.EqualTo(NotAfter()));

        _certificates.Renew(validFor: 3);

        await Wait.Until(async () => await Expiry() == NotAfter(), "the metric is that of the renewed certificate");

        long NotAfter() => new DateTimeOffset(X509Certificate2.CreateFromPem(File.ReadAllText(_certificates.CertificateFile)).NotAfter).ToUnixTimeSeconds();

        async Task<long> Expiry() => long.Parse(
            ExpirySample().Match(await app.Api.GetStringAsync("/metrics").Soon()).Groups["seconds"].Value, CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task ManyHeaders_OfARequest_Are431()
    {
        await using var app = await TestApp.Start(external: routes => routes.MapGet("/", Tell), settings: new() { ["HTTP_HEADERS_MAX_COUNT"] = "20" });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        for (var i = 0; i < 20; i++)
        {
            request.Headers.Add($"x-{i}", "value");
        }

        using var answer = await app.External.SendAsync(request);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.RequestHeaderFieldsTooLarge));
    }

    [Test]
    public async Task LongPath_OverHttp2_IsTakenAsOverHttp1()
    {
        await using var app = await Start();
        using var client = _certificates.Http(app.Services.TlsListenAddresses()!.Value.External, HttpVersion.Version20);
        Assert.That(await client.GetStringAsync("/where?token=" + new string('a', 16_000)), Does.StartWith("external"));
    }

    private async Task<TestApp> Start(double validFor = 5)
    {
        _certificates.Renew(validFor);
        return await TestApp.Start(external: routes => routes.MapGet("/where", Tell), api: routes => routes.MapGet("/where", Tell), settings: _certificates.Settings);
    }

    [GeneratedRegex(@"^rig_tls_certificate_not_after_seconds(\{[^}]*\})? (?<seconds>[0-9]+)", RegexOptions.Multiline)]
    private static partial Regex ExpirySample();
}
