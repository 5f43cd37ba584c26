using System.Net;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Pages;

/// <summary>Who may call the API port, and by which name: asked as proxies, probes, back-ends and browsers ask.</summary>
internal sealed class ApiCallerTests : ApiCallsFixture
{
    private const string Message = """{"user":"alice"}""";

    private GatewayNode _node = null!;
    private GatewayNode _inContainer = null!;
    private GatewayNode _withSettings = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _node = await GatewayNode.Start(new() { ["DEMO_ENABLED"] = "true" });
        // Without a container: its connections come in on an address that is no loopback.
        _inContainer = await GatewayNode.Start(new() { ["DEMO_ENABLED"] = "true" }, builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listener => listener.Use(next => connection =>
        {
            connection.LocalEndPoint = new IPEndPoint(IPAddress.Parse("172.18.0.4"), 4010);
            return next(connection);
        }))));
        _withSettings = await GatewayNode.Start(new() { ["DEMO_ENABLED"] = "true", ["API_ALLOWED_HOSTS"] = "rig.corp.example, other.example", ["API_ALLOWED_ORIGINS"] = "https://admin.example" });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        foreach (var node in new[] { _node, _inContainer, _withSettings })
        {
            await node.DisposeAsync();
        }
    }

    [TestCase("127.0.0.1:4010", 200, 200)]
    [TestCase("[::1]:4010", 200, 200)]
    [TestCase("10.1.2.3", 200, 200, Description = "a probe by IP")]
    [TestCase("localhost:4010", 200, 200, Description = "port-forwarding")]
    [TestCase("LOCALHOST", 200, 200)]
    [TestCase("localhost.:4010", 200, 200)]
    [TestCase("app.localhost", 200, 200)]
    [TestCase("rig", 200, 421, Description = "a sidecar, which forwards over loopback")]
    [TestCase("rig.default.svc:4010", 200, 421)]
    [TestCase("rig.default.svc.cluster.local", 200, 421)]
    [TestCase("host.docker.internal:4010", 200, 421)]
    [TestCase("rebound.example", 421, 421)]
    [TestCase("rebound.example.:4010", 421, 421)]
    [TestCase("127.0.0.1.rebound.example", 421, 421)]
    [TestCase("localhost.rebound.example:4010", 421, 421)]
    [TestCase("mylocalhost.example", 421, 421)]
    [TestCase("svc.rebound.example", 421, 421)]
    [TestCase("127.1", 421, 421)]
    public async Task Name_OnLoopback_IsOneThatNobodyCanHaveRebound(string host, int status, int demo) => await ExpectNames(_node, host, status, demo);

    [TestCase("localhost:4010", 200, 200, Description = "compose's mapping")]
    [TestCase("192.0.2.7:4110", 200, 200)]
    [TestCase("gateway-1:4010", 200, 421)]
    [TestCase("rig.corp.example", 200, 421)]
    [TestCase("rebound.example:4010", 200, 421)]
    public async Task Name_OnAnotherInterface_IsAskedByTheDemoOnly(string host, int status, int demo) => await ExpectNames(_inContainer, host, status, demo);

    [TestCase("rig.corp.example", 200, 200)]
    [TestCase("RIG.corp.example:8443", 200, 200)]
    [TestCase("other.example", 200, 200)]
    [TestCase("my.rig.corp.example", 421, 421)]
    [TestCase("rebound.example", 421, 421)]
    public async Task Name_OfTheSetting_IsTaken(string host, int status, int demo) => await ExpectNames(_withSettings, host, status, demo);

    [Test]
    public async Task WithoutAName_ACallIsServed_AndTheDemoIsNot()
    {
        using var connection = await RawConnection.Open(_node.Api);
        foreach (var (path, status) in new[] { ("/v1/apis", 200), ("/health", 200), ("/demo", 421) })
        {
            await connection.Send($"GET {path} HTTP/1.1\r\nHost:\r\n\r\n");
            var answer = await connection.ReadHead().Soon();
            await connection.ReadBody(answer).Soon();
            Assert.That(answer.Status, Is.EqualTo(status), path);
        }
    }

    [TestCase("http://evil.example", 403)]
    [TestCase("null", 403)]
    [TestCase("http://HOST", 202)]
    [TestCase("https://HOST", 202, Description = "TLS ends in front")]
    [TestCase("http://127.0.0.1", 403)]
    [TestCase("http://127.0.0.1:1", 403)]
    [TestCase("http://localhost:PORT", 403)]
    [TestCase("ftp://HOST", 403)]
    [TestCase("http://HOST.evil.example", 403)]
    [TestCase("https://rig.internal", 202, "rig.internal")]
    [TestCase("https://rig.internal", 202, "rig.internal:443")]
    [TestCase("https://rig.internal", 403, "rig.internal:80")]
    [TestCase("https://rig.internal:8443", 403, "rig.internal")]
    [TestCase("https://RIG.internal", 202, "rig.INTERNAL")]
    [TestCase("not an origin", 403)]
    [TestCase("http://HOST, http://evil.example", 403)]
    public async Task Origin_OfACallWithSideEffects_IsItsOwn(string origin, int status, string? host = null)
    {
        origin = origin.Replace("HOST", _node.Api.Authority, StringComparison.Ordinal).Replace("PORT", $"{_node.Api.Port}", StringComparison.Ordinal);
        foreach (var type in new[] { "application/json", "application/x-www-form-urlencoded" })
        {
            var body = new StringContent(type == "application/json" ? Message : "user=alice", Encoding.UTF8, type);
            await Expect(_node, HttpMethod.Post, "/v1/messages", status, body, ("Origin", origin), ("Host", host ?? _node.Api.Authority));
        }
    }

    [Test]
    public async Task TwoOrigins_AreForeign()
    {
        using var connection = await RawConnection.Open(_node.Api);
        var own = $"Origin: http://localhost\r\n";
        Assert.That((await connection.Ask("GET", "/v1/apis", own + own)).Status, Is.EqualTo(403));
    }

    [TestCase("GET", "/metrics", "cross-site", "no-cors", "image", 403)]
    [TestCase("GET", "/v1/users", "same-site", "cors", "empty", 403)]
    [TestCase("GET", "/v1/users", "same-origin", "cors", "empty", 200)]
    [TestCase("GET", "/health", "cross-site", "cors", "empty", 403)]
    [TestCase("GET", "/demo", "none", "navigate", "document", 200)]
    [TestCase("GET", "/demo", "cross-site", "navigate", "document", 200)]
    [TestCase("HEAD", "/demo", "cross-site", "navigate", "document", 200)]
    [TestCase("GET", "/demo", "cross-site", "navigate", null, 200)]
    [TestCase("GET", "/demo", "cross-site", "navigate", "iframe", 403)]
    [TestCase("GET", "/demo/token?user=a", "cross-site", "no-cors", "script", 403)]
    [TestCase("POST", "/demo/token?user=a", "cross-site", "navigate", "document", 403)]
    [TestCase("DELETE", "/v1/blacklist/s", "cross-site", "cors", "empty", 403)]
    [TestCase("DELETE", "/v1/blacklist/s", null, null, null, 204)]
    public async Task FetchOfAForeignPage_WithoutAnOrigin_IsRefused_AndALinkIsNot(string method, string path, string? site, string? mode, string? destination, int status)
        => await Expect(_node, new HttpMethod(method), path, status, null, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination));

    [Test]
    public async Task Refusals_NameTheirSettings_AndNoPageMayReadThem()
    {
        using var foreign = await Ask(_node, HttpMethod.Get, "/v1/apis", null, ("Origin", "https://evil.example"));
        Assert.That(await foreign.Content.ReadAsStringAsync(), Does.StartWith("{\"errors\":{\"detail\":\"Forbidden").And.Contain("API_ALLOWED_ORIGINS"));
        Assert.That(foreign.Headers.Contains("access-control-allow-origin"), Is.False);
        using var rebound = await Ask(_node, HttpMethod.Get, "/v1/apis", null, ("Host", "rebound.example"));
        Assert.That(await rebound.Content.ReadAsStringAsync(), Does.StartWith("{\"errors\":{\"detail\":\"Misdirected").And.Contain("API_ALLOWED_HOSTS"));
    }

    [Test]
    public async Task Origin_OfTheSetting_MayCall_AndRead()
    {
        using var asked = await Ask(_withSettings, HttpMethod.Options, "/v1/messages", null, ("Origin", "https://admin.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"));
        Assert.That(asked.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(asked.Headers.GetValues("access-control-allow-headers").Single(), Is.EqualTo("content-type"));
        using var answer = await Ask(_withSettings, HttpMethod.Post, "/v1/messages", new StringContent(Message, Encoding.UTF8, "application/json"), ("Origin", "https://admin.example"));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(answer.Headers.GetValues("access-control-allow-origin"), Is.EqualTo(["https://admin.example"]));
        await Expect(_withSettings, HttpMethod.Post, "/v1/messages", 403, new StringContent(Message, Encoding.UTF8, "application/json"), ("Origin", "http://admin.example"));
        await Expect(_withSettings, HttpMethod.Options, "/v1/messages", 403, null, ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST"));
    }

    private static async Task ExpectNames(GatewayNode node, string host, int status, int demo)
    {
        foreach (var path in new[] { "/v1/apis", "/v1/users", "/metrics", "/openapi/v1.json" })
        {
            await Expect(node, HttpMethod.Get, path, status, null, ("Host", host));
        }

        foreach (var path in new[] { "/demo", "/demo/demo.js", "/demo/token?user=alice" })
        {
            await Expect(node, HttpMethod.Get, path, demo, null, ("Host", host));
        }

        foreach (var path in new[] { "/health", "/health/live", "/health/ready" })
        {
            await Expect(node, HttpMethod.Get, path, 200, null, ("Host", host));
        }

        await Expect(node, HttpMethod.Post, "/v1/messages", status == 200 ? 202 : status, new StringContent(Message, Encoding.UTF8, "application/json"), ("Host", host));
    }
}
