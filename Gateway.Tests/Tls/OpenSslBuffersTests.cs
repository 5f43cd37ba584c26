using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using NUnit.Framework;
using RigKafka.Tls;

namespace RigKafka.Tests.Tls;

/// <summary>What the gateway relies on and the framework does not promise. If it fails after an update, look for what was renamed.</summary>
internal sealed class OpenSslBuffersTests
{
    [Test]
    public async Task ReleaseWhenIdle_OfAServersConnection_IsDone_AndItReadsAndWritesAsBefore()
    {
        const int Size = 1_000_000;
        using var certificates = new TestCertificates();
        certificates.Renew();
        var source = CertificateSource.Load(
            new TlsOptions { CertificateFile = certificates.CertificateFile, KeyFile = certificates.KeyFile }, mistake => Assert.Fail(mistake))!;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var connecting = new TcpClient();
        await connecting.ConnectAsync((IPEndPoint)listener.LocalEndpoint).Soon();
        using var accepted = await listener.AcceptTcpClientAsync().Soon();
        await using var client = new SslStream(connecting.GetStream());
        await using var server = new SslStream(accepted.GetStream());
        await Task.WhenAll(
            client.AuthenticateAsClientAsync(certificates.Client()),
            server.AuthenticateAsServerAsync(source.Current.Handshake)).Soon();

        Assert.That(OpenSslBuffers.ReleaseWhenIdle(server), Is.EqualTo(OperatingSystem.IsLinux()));

        var sent = new byte[Size];
        new Random(1).NextBytes(sent);
        for (var round = 0; round < 2; round++)
        {
            Assert.That(await Carried(client, server, sent), Is.EqualTo(sent));
            Assert.That(await Carried(server, client, sent), Is.EqualTo(sent));
        }
    }

    private static async Task<byte[]> Carried(SslStream from, SslStream to, byte[] bytes)
    {
        var got = new byte[bytes.Length];
        await Task.WhenAll(from.WriteAsync(bytes).AsTask(), to.ReadExactlyAsync(got).AsTask()).Soon();
        return got;
    }
}
