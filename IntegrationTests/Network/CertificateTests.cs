using System.Net;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Network;

/// <summary>A certificate that is renewed, or is wrong.</summary>
internal sealed class CertificateTests : TlsFixture
{
    [Test]
    public async Task RenewedCertificate_IsSeenByNewClients_WhileOldStreamsStay()
    {
        await using var node = await Start();
        string? first = null;
        using var earlier = Certificates.Http(node.Tls.External, HttpVersion.Version20, seen => first = seen.SerialNumber);
        using var stream = await HttpStream.Listen(earlier, "alice");

        Certificates.Renew();
        await node.Log.First("CertificateRenewed");

        Assert.That(await SerialNumber(node.Tls.External), Is.Not.EqualTo(first));
        Assert.That(await SerialNumber(node.Tls.Api), Is.Not.EqualTo(first));
        await node.Publish("""{"user":"alice"}""");
        await stream.Next("message");
    }

    [Test]
    public async Task HalfWrittenCertificate_IsNotTakenUp_UntilItIsWhole()
    {
        await using var node = await Start();
        var first = await SerialNumber(node.Tls.External);
        var (certificate, key) = Certificates.Issue();

        await File.WriteAllTextAsync(Certificates.CertificateFile, certificate[..300]);
        var kept = await node.Log.First("CertificateKept");
        Assert.That(kept.Text, Does.Contain($"HTTPS_CERTFILE={Certificates.CertificateFile}: expected certificates in PEM"));
        Assert.That(await SerialNumber(node.Tls.External), Is.EqualTo(first));

        Certificates.Write(certificate, key);
        await node.Log.First("CertificateRenewed");
        Assert.That(await SerialNumber(node.Tls.External), Is.Not.EqualTo(first));
    }

    [Test]
    public async Task WrongCertificate_IsSaidAtStart_WithTheOtherMistakes_AndWithoutThePassPhrase()
    {
        Certificates.Renew(pass: "the right one");
        await using var gateway = GatewayProcess.Run(new Dictionary<string, string>
        {
            ["HTTPS_CERTFILE"] = Certificates.CertificateFile,
            ["HTTPS_KEYFILE"] = Certificates.KeyFile,
            ["HTTPS_KEYFILE_PASS"] = "the wrong one",
            ["SSE_RETRY_MS"] = "soon",
            ["JWT_SECRET_KEY"] = Token.Secret,
        });
        Assert.That(await gateway.Exit(), Is.EqualTo(1));
        Assert.That(gateway.Error, Has.One.EqualTo("HTTPS_KEYFILE_PASS=(hidden): expected the pass phrase of HTTPS_KEYFILE."));
        Assert.That(gateway.Error, Has.One.StartsWith("SSE_RETRY_MS=soon"));
        Assert.That(gateway.Error.Concat(gateway.Output), Has.None.Contains("the wrong one"));
    }

    private Task<GatewayNode> Start() => StartNode(new() { ["HTTPS_RELOAD_INTERVAL_MS"] = "100" });

    /// <summary>That of the certificate that a new client is shown.</summary>
    private async Task<string?> SerialNumber(Uri server)
    {
        string? serialNumber = null;
        using var client = Certificates.Http(server, HttpVersion.Version11, seen => serialNumber = seen.SerialNumber);
        using var answer = await client.GetAsync("/").Soon();
        return serialNumber;
    }
}
