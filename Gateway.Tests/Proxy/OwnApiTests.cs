using System.Net;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Listeners;

namespace RigKafka.Tests.Proxy;

/// <summary>A definition that leads to the node's own API does not reach it.</summary>
internal sealed class OwnApiTests
{
    private const string Down = """{"errors":{"detail":"The service could not be reached, or broke off."}}""";

    [TestCase("127.0.0.1")]
    [TestCase("localhost")]
    [TestCase("[::ffff:127.0.0.1]")]
    [TestCase("http://127.1")]
    [TestCase("http://2130706433")]
    [TestCase("https://127.0.0.1")]
    [TestCase("127.0.0.1", "2")]
    public async Task Call_ToTheOwnApiPort_Is502_AndLogged(string host, string version = "1.1")
    {
        // The port is not known when the definition is written.
        await using var app = await ProxyApp.Start();
        var api = ProxyApp.Definition("own", app.Api.BaseAddress!.Port, ProxyApp.Endpoint("GET", "/v1/apis"));
        (api["proxy"]!["target_url"], api["proxy"]!["http_version"]) = (host, version);
        await app.Define(api);

        using var answer = await app.Call("GET", "/v1/apis");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo(Down));
        Assert.That(app.TakeErrors().Single(), Does.StartWith("1705 GET /v1/apis of API own failed: own_api "));
    }

    [Test]
    public async Task Call_ToTheOwnApiPortWithTls_Is502()
    {
        using var certificates = new TestCertificates();
        certificates.Renew();
        await using var app = await ProxyApp.Start(certificates.Settings);
        await app.Define(ProxyApp.Definition("own", app.Services.TlsListenAddresses()!.Value.Api.Port, ProxyApp.Endpoint("GET", "/v1/apis")));

        using var answer = await app.Call("GET", "/v1/apis");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        Assert.That(app.TakeErrors().Single(), Does.Contain("own_api"));
    }

    [Test]
    public async Task Call_ToAVariableThatHoldsTheOwnAddress_Is502()
    {
        await using var app = await ProxyApp.Start(new() { ["SHOP_HOST"] = "127.0.0.1" });
        var api = ProxyApp.Definition("own", app.Api.BaseAddress!.Port, ProxyApp.Endpoint("GET", "/v1/apis"));
        api.AtHostOf("SHOP_HOST");
        await app.Define(api);

        Assert.That((await app.Call("GET", "/v1/apis")).StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        Assert.That(app.TakeErrors().Single(), Does.Contain("own_api"));
    }

    [Test]
    public async Task Call_ToAServiceOnThisMachine_GoesThrough()
    {
        await using var service = await Service.Start(context => context.Response.WriteAsync("there"));
        await using var app = await ProxyApp.Start(new() { ["SHOP_HOST"] = " 127.0.0.1\n" });
        var api = ProxyApp.Definition("shop", service.Port, ProxyApp.Endpoint("GET", "/x"));
        api.AtHostOf("SHOP_HOST");
        await app.Define(api);
        Assert.That(await app.Call("GET", "/x").Text(), Is.EqualTo("there"));
    }
}
