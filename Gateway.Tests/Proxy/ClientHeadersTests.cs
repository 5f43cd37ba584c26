using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>Headers of clients that a service may trust do not reach it, unless an operator wants them to.</summary>
internal sealed class ClientHeadersTests
{
    private Service _service = null!;

    [OneTimeSetUp]
    public async Task Start() => _service = await Service.Start(async context =>
    {
        using var reader = new StreamReader(context.Request.Body);
        await reader.ReadToEndAsync();
        await context.Response.WriteAsync(string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}".ToLowerInvariant())));
    });

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [TestCase("X-Rewrite-URL", "x-rewrite-url")]
    [TestCase("x-rewrite-url", "x-rewrite-url")]
    [TestCase("X_Forwarded_For", "odd_name")]
    [TestCase("X-Forwarded_For", "odd_name")]
    [TestCase("x_real_ip", "odd_name")]
    [TestCase("Content_Length", "odd_name")]
    [TestCase("X.Forwarded.For", "odd_name")]
    [TestCase("Proxy", "proxy")]
    [TestCase("X-HTTP-Method-Override", "x-http-method-override")]
    [TestCase("X-HTTP-Method", "x-http-method")]
    [TestCase("X-Method-Override", "x-method-override")]
    [TestCase("X-Content-Length", "x-content-length")]
    public async Task HeaderThatAServiceMayTrust_IsDropped_Counted_AndNamedOnce(string name, string counted)
    {
        using var totals = new MetricTotals();
        await using var app = await Start([], add: builder => builder.Services.AddSingleton(totals.Metrics));
        for (var i = 0; i < 3; i++)
        {
            Assert.That(await app.RawGet("/x", $"{name}: spoofed\r\nX-Kept: 1\r\n"), Does.Contain("x-kept: 1").And.Not.Contain("spoofed"));
        }

        Assert.That(app.TakeErrors(), Is.EqualTo(
        [
            $"1720 The header {name} of a client was not passed on, as a service might trust it. PROXY_PASS_REQUEST_HEADERS, "
            + "or pass_request_headers of the API, lets it through. This is logged once for each name. ",
        ]));
        Assert.That(totals[$"rig.proxy.headers_dropped{{header={counted}}}"], Is.EqualTo(3));
    }

    [Test]
    public async Task LengthBesideChunks_IsNotPassedOnUnderAnotherName()
    {
        await using var app = await Start([]);
        var seen = await app.Raw("POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        Assert.That(seen, Does.StartWith("HTTP/1.1 200").And.Not.Contain("content-length: 5"));
        app.TakeErrors();
    }

    [TestCase("x_tenant, X-HTTP-Method-Override", null)]
    [TestCase("*", null)]
    [TestCase(null, "X_Tenant,x-http-method-override")]
    [TestCase("X_TENANT", "x-http-method-override")]
    public async Task HeaderThatAnOperatorNames_IsPassedOn(string? setting, string? definition)
    {
        await using var app = await Start(new() { ["PROXY_PASS_REQUEST_HEADERS"] = setting }, definition?.Split(','));
        Assert.That(
            await app.RawGet("/x", "X_Tenant: one\r\nX-HTTP-Method-Override: PUT\r\n"),
            Does.Contain("x_tenant: one").And.Contain("x-http-method-override: put"));
    }

    [Test]
    public async Task HeaderOfTheToken_AndThoseTheDefinitionAdds_ArePassedOn()
    {
        await using var app = await ProxyApp.Start();
        var endpoint = ProxyApp.Endpoint("GET", "/x").With("not_secured", false).With("transform_request_headers", true);
        var definition = ProxyApp.Definition("a", _service.Port, endpoint).With("auth_type", "jwt");
        definition.AddingHeaders(new() { ["x_added"] = "1", ["X-Rewrite-URL"] = "/y" });
        await app.Define(definition);
        // What is put over it may name another header than Authorization.
        var other = new JsonObject { ["auth"] = new JsonObject { ["use_header"] = true, ["header_name"] = "x_token" } };
        using var changed = await app.Api.PutAsync("/v1/apis/a", new StringContent(other.ToJsonString(), Encoding.UTF8, "application/json")).Soon();
        Assert.That(changed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            await app.RawGet("/x", $"X_Token: {ProxyApp.Token()}\r\n"),
            Does.Contain("x_token: ").And.Contain("x_added: 1").And.Contain("x-rewrite-url: /y"));
    }

    [Test]
    public async Task NamesThatClientsMakeUp_DoNotFloodTheLog()
    {
        await using var app = await Start([]);
        for (var i = 0; i < 3; i++)
        {
            await app.RawGet(
                "/x",
                string.Concat(Enumerable.Range(0, 80).Select(number => $"x_{i}_{number}_{new string('a', 100)}: 1\r\n")));
        }

        var lines = app.TakeErrors();
        Assert.That(lines, Has.Count.EqualTo(100));
        Assert.That(lines, Has.All.Length.LessThan(350));
    }

    [TestCase(null, "set", "6.6.6.6", "127.0.0.1")]
    [TestCase(null, "set", null, "127.0.0.1")]
    [TestCase("10.0.0.0/8", "set", "6.6.6.6", "127.0.0.1")]
    [TestCase("127.0.0.1", "set", "6.6.6.6", "6.6.6.6")]
    [TestCase("127.0.0.1", "set", null, "1.2.3.4")]
    [TestCase("127.0.0.0/8, 1.2.3.4", "set", "6.6.6.6", "6.6.6.6")]
    [TestCase(null, "append", "6.6.6.6", "6.6.6.6")]
    public async Task RealIp_IsKeptFromTrustedProxies_AndSetOtherwise(string? trusted, string forwarded, string? given, string expected)
    {
        await using var app = await Start(new() { ["TRUSTED_PROXIES"] = trusted, ["PROXY_FORWARDED_HEADERS"] = forwarded });
        var headers = $"X-Forwarded-For: 1.2.3.4\r\n{(given is null ? "" : $"X-Real-IP: {given}\r\n")}";
        Assert.That(await app.RawGet("/x", headers), Does.Match($"x-real-ip: {expected}(\n|\r)"));
    }

    [Test]
    public async Task RealIp_CannotBeTakenOutByNamingItInConnection()
    {
        await using var app = await Start([]);
        Assert.That(
            await app.Raw("GET /x HTTP/1.0\r\nHost: a\r\nConnection: X-Real-IP\r\nX-Real-IP: 6.6.6.6\r\n\r\n"),
            Does.Contain("x-real-ip: 127.0.0.1"));
    }

    private async Task<TestApp> Start(
        Dictionary<string,
        string?> settings,
        string[]? passed = null,
        Action<WebApplicationBuilder>? add = null)
    {
        var app = await ProxyApp.Start(settings, add);
        var definition = ProxyApp.Definition("a", _service.Port, ProxyApp.Endpoint("GET", "/x"), ProxyApp.Endpoint("POST", "/x"));
        if (passed is not null)
        {
            definition["version_data"]!["default"]!["pass_request_headers"] = new JsonArray([.. passed.Select(name => (JsonNode)name)]);
        }

        await app.Define(definition);
        return app;
    }
}
