using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Apis;
using RigKafka.Listeners;

namespace RigKafka.Tests.Proxy;

/// <summary>What a definition must not lead to: the API of the node itself, and what its settings hold.</summary>
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
        (api["proxy"]!["use_env"], api["proxy"]!["target_url"]) = (true, "SHOP_HOST");
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
        (api["proxy"]!["use_env"], api["proxy"]!["target_url"]) = (true, "SHOP_HOST");
        await app.Define(api);
        Assert.That(await app.Call("GET", "/x").Text(), Is.EqualTo("there"));
    }

    [TestCase("JWT_SECRET_KEY")]
    [TestCase("jwt_secret_key")]
    [TestCase("ASPNETCORE_JWT_SECRET_KEY")]
    [TestCase("API_TOKEN")]
    [TestCase("KAFKA_CLIENT_SASL_PASSWORD")]
    [TestCase("OTEL_EXPORTER_OTLP_HEADERS")]
    [TestCase("LOG_LEVEL")]
    public void Address_OfASetting_IsNone(string variable)
    {
        using var environment = new ConfigurationManager();
        environment[variable] = "secret.example";
        Assert.That(new ApiTarget(true, variable, 80, false).Address(environment), Is.Null);
    }

    [TestCase("SHOP_HOST")]
    [TestCase("KAFKA_CLIENT_SERVICE_HOST", Description = "Kubernetes, of a Service kafka-client")]
    [TestCase("OTEL_COLLECTOR_SERVICE_HOST")]
    [TestCase("API_SERVICE_HOST")]
    public void Address_OfAnotherVariable_IsItsHost(string variable)
    {
        using var environment = new ConfigurationManager();
        environment[variable] = "10.0.0.7";
        Assert.That(new ApiTarget(true, variable, 80, false).Address(environment), Is.EqualTo("http://10.0.0.7:80"));
    }

    [TestCase("pass word")]
    [TestCase("pa$$word")]
    [TestCase("p@ssword")]
    [TestCase("pass/word")]
    [TestCase("pass:word")]
    [TestCase("pass?word")]
    [TestCase("pass#word")]
    [TestCase("geheim!")]
    [TestCase("{\"a\":1}")]
    [TestCase("-----BEGIN KEY-----\nabc")]
    [TestCase("ftp://host")]
    [TestCase("http://u:p@host")]
    [TestCase("a..b")]
    public void Address_OfAValueThatIsNoHost_IsNone(string value)
    {
        using var environment = new ConfigurationManager();
        environment["SHOP_HOST"] = value;
        Assert.That(new ApiTarget(true, "SHOP_HOST", 80, false).Address(environment), Is.Null);
    }

    [Test]
    public async Task Post_OfADefinitionThatAimsAtASetting_Is400()
    {
        await using var app = await ProxyApp.Start();
        var api = ProxyApp.Definition("own", 80, ProxyApp.Endpoint("GET", "/x"));
        (api["proxy"]!["use_env"], api["proxy"]!["target_url"]) = (true, "JWT_SECRET_KEY");
        using var answer = await app.PostApi(api.ToJsonString());
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]!["definition"]![0], Is.EqualTo("proxy.target_url: expected a variable that is no setting of the gateway."));
    }
}
