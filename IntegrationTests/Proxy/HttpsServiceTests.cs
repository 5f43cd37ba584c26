using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Proxy;

/// <summary>Services that are reached by TLS, with certificates of an authority that the operating system does not know but the node was told of.</summary>
internal sealed class HttpsServiceTests
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    private TestCertificates _known = null!;
    private TestCertificates _unknown = null!;

    [SetUp]
    public void Issue() => (_known, _unknown) = (new TestCertificates(), new TestCertificates());

    [TearDown]
    public void Dispose()
    {
        _known.Dispose();
        _unknown.Dispose();
    }

    [Test]
    public async Task Service_IsReachedByTls_IfItsCertificateIsGood_ElseTheLogSaysWhatIsWrongWithIt()
    {
        await using var one = await Start(_known.Issue(), HttpProtocols.Http1);
        await using var two = await Start(_known.Issue(), HttpProtocols.Http2);
        await using var stranger = await Start(_unknown.Issue(), HttpProtocols.Http1);
        await using var expired = await Start(_known.Issue(validFor: -1), HttpProtocols.Http1);
        await using var elsewhere = await Start(_known.Issue(), HttpProtocols.Http1, IPAddress.Parse("127.0.0.2"));
        await using var plain = await Service.Start(_ => Task.CompletedTask);
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string>
        {
            ["JWT_SECRET_KEY"] = Token.Secret,
            ["SSL_CERT_FILE"] = _known.RootFile,
            ["PROXY_CONFIG_FILE"] = $"[{Api("one", one)},{Api("two", two, version: "2")},{Api("elsewhere", elsewhere, host: "127.0.0.2")},{Api("stranger", stranger)},{Api("expired", expired)},{Api("plain", plain)}]",
        });
        await gateway.Line("routes are proxied");

        // Whatever Host a client asks for, the certificate is to be the service's.
        Assert.That(await Get(gateway, "one", host: "shop.example"), Is.EqualTo((HttpStatusCode.OK, "HTTP/1.1 by https for shop.example")));
        Assert.That(await Get(gateway, "two", host: "shop.example"), Is.EqualTo((HttpStatusCode.OK, "HTTP/2 by https for shop.example")));
        await ExpectRefusal(gateway, "stranger", "the certificate chain: NotSignatureValid");
        await ExpectRefusal(gateway, "expired", "the certificate chain: NotTimeValid");
        await ExpectRefusal(gateway, "elsewhere", "RemoteCertificateNameMismatch");
        await ExpectRefusal(gateway, "plain", "SecureConnectionError");
    }

    [Test]
    public async Task Connections_AreSharedWhateverHostTheClientsAskFor()
    {
        await using var service = await Service.Start(context => context.Response.WriteAsync(context.Connection.Id), tls: _known.Issue());
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string>
        {
            ["JWT_SECRET_KEY"] = Token.Secret,
            ["SSL_CERT_FILE"] = _known.RootFile,
            ["PROXY_CONFIG_FILE"] = $"[{Api("one", service)}]",
        });
        await gateway.Line("routes are proxied");

        var connections = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            connections.Add((await Get(gateway, "one", host: $"shop-{i}.example")).Body);
        }

        Assert.That(connections, Has.Count.LessThan(5), "each of them is used again, so that no client can have more made than there are calls at once");
    }

    private static Task<Service> Start((string Certificate, string Key) tls, HttpProtocols protocols, IPAddress? address = null)
        => Service.Start(context => context.Response.WriteAsync($"{context.Request.Protocol} by {context.Request.Scheme} for {context.Request.Host}"), protocols, tls, address);

    private static string Api(string id, Service service, string version = "1.1", string host = "localhost") => $$$$"""
        {"id":"{{{{id}}}}","proxy":{"use_env":false,"target_url":"https://{{{{host}}}}","port":{{{{service.Port}}}},"http_version":"{{{{version}}}}"},
         "version_data":{"default":{"endpoints":[{"id":"x","method":"GET","path":"/{{{{id}}}}","not_secured":true}]}}}
        """;

    private static async Task<(HttpStatusCode Status, string Body)> Get(GatewayProcess gateway, string path, string host = "localhost")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway.External, path)) { Headers = { Host = host } };
        using var response = await Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task ExpectRefusal(GatewayProcess gateway, string path, string why)
    {
        // There is one line a second at most.
        await Wait.Until(
            async () =>
            {
                Assert.That(await Get(gateway, path), Is.EqualTo((HttpStatusCode.BadGateway, """{"errors":{"detail":"The service could not be reached, or broke off."}}""")));
                return gateway.Output.Any(line => line.Contains($"of API {path} failed: upstream_down", StringComparison.Ordinal) && line.Contains(why, StringComparison.Ordinal));
            },
            $"a line about {path} that says {why}");
    }
}
