using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>
/// What the original's own tests of its proxy asked for, with its own definitions; docs/reference/proxy-conformance.md has the whole list.
/// </summary>
internal sealed class ConformanceTests
{
    private Service _service = null!;
    private TestApp _app = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await Service.Start(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            var headers = new JsonObject(context.Request.Headers.Select(header => KeyValuePair.Create(header.Key.ToLowerInvariant(), (JsonNode?)header.Value.ToString())));
            context.Response.StatusCode = body.Contains("qqfile", StringComparison.Ordinal) ? 201 : 200;
            var seen = new JsonObject
            {
                ["msg"] = context.Request.Method,
                ["target"] = context.Features.Get<IHttpRequestFeature>()!.RawTarget,
                ["headers"] = headers,
                ["body"] = body,
            };
            await context.Response.WriteAsync(seen.ToJsonString());
        });
        _app = await ProxyApp.Start();
        var transform = new JsonObject { ["add_headers"] = new JsonObject { ["host"] = "different", ["john"] = "doe" } };
        var identity = ProxyApp.Definition("identity-service", _service.Port, [
            ProxyApp.Endpoint("GET", "/myapi/detail/{id}").With("not_secured", false),
            ProxyApp.Endpoint("GET", "/myapi/free"),
            .. ProxyApp.Methods.Select(method => ProxyApp.Endpoint(method, "/myapi/books").With("not_secured", false)),
            ProxyApp.Endpoint("POST", "/myapi/transform-headers").With("transform_request_headers", true),
            ProxyApp.Endpoint("POST", "/myapi/no-transform-headers")]).With("auth_type", "jwt");
        identity["version_data"]!["default"]!["transform_request_headers"] = transform;
        await _app.Define(identity);
        await _app.Define(ProxyApp.Definition("random-service", _service.Port, [
            ProxyApp.Endpoint("GET", "/myapi/direct").With("not_secured", false),
            .. ProxyApp.Methods.Select(method => ProxyApp.Endpoint(method, "/api"))]));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _app.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Test]
    public async Task UnknownRoute_Is404()
        => await Expect("GET", "/random/route", HttpStatusCode.NotFound, """{"message":"Route is not available"}""");

    [Test]
    public async Task WrongMethod_Is404()
        => await Expect("POST", "/myapi/free", HttpStatusCode.NotFound, """{"message":"Route is not available"}""");

    [Test]
    public async Task SecuredWithoutToken_Is401()
        => await Expect("GET", "/myapi/books", HttpStatusCode.Unauthorized, """{"message":"Missing or invalid token"}""");

    [Test]
    public async Task SecuredWithRawToken_IsForwarded()
        => Assert.That((string?)(await Call("GET", "/myapi/books"))["msg"], Is.EqualTo("GET"));

    [Test]
    public async Task OpenEndpoint_IsForwardedWithoutAToken()
        => Assert.That((string?)JsonNode.Parse(await _app.Call("GET", "/myapi/free").Text())!["msg"], Is.EqualTo("GET"));

    [TestCase("POST", "/myapi/books")]
    [TestCase("PUT", "/myapi/books")]
    [TestCase("PATCH", "/myapi/books")]
    [TestCase("DELETE", "/myapi/books")]
    [TestCase("OPTIONS", "/myapi/books")]
    [TestCase("GET", "/api")]
    [TestCase("POST", "/api")]
    [TestCase("PUT", "/api")]
    [TestCase("PATCH", "/api")]
    [TestCase("DELETE", "/api")]
    [TestCase("OPTIONS", "/api")]
    public async Task Method_IsForwarded(string method, string path)
        => Assert.That((string?)(await Call(method, path))["msg"], Is.EqualTo(method));

    [TestCase("/myapi/books")]
    [TestCase("/api")]
    public async Task Head_IsForwarded_AndHasNoBody(string path)
    {
        using var response = await _app.Call("HEAD", path, null, ("authorization", ProxyApp.Token()));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await response.Content.ReadAsStringAsync().Soon(), Is.Empty);
    }

    [Test]
    public async Task HeadOfAGetEndpoint_IsLetThrough()
    {
        using var response = await _app.Call("HEAD", "/myapi/free");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task MethodThatIsNoneOfTheSeven_Is405()
        => await Expect("BADMETHOD", "/myapi/books", HttpStatusCode.MethodNotAllowed, """{"message":"Method is not supported"}""");

    [TestCase("first.user")]
    [TestCase("2f5c9d1e-8a44-4d9e-9a52-4d8a4d1d2a11")]
    public async Task Id_MatchesOneSegment(string id)
        => Assert.That((string?)(await Call("GET", "/myapi/detail/" + id))["target"], Is.EqualTo("/myapi/detail/" + id));

    [TestCase("page[limit]=10&page[offset]=0")]
    [TestCase("foo[bar]=baz")]
    public async Task NestedQuery_IsForwarded(string query)
        => Assert.That((string?)(await Call("GET", "/api?" + query))["target"], Is.EqualTo("/api?" + query));

    [Test]
    public async Task FileUpload_IsForwardedAsItWasSent_AndItsStatusComesBack()
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("123"), "random_data" },
            { new StringContent("Hello"), "qqfile", "upload_example.txt" },
        };
        using var response = await _app.Call("POST", "/api", form);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        var body = (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["body"];
        Assert.That(
            body,
            Does.Contain("name=random_data").And.Contain("123").And
                .Contain("name=qqfile").And
                .Contain("filename=upload_example.txt").And
                .Contain("Hello"));
    }

    [Test]
    public async Task ChunkedAnswer_StaysChunked()
    {
        using var response = await _app.Call("GET", "/api");
        Assert.That(response.Headers.TransferEncodingChunked, Is.True);
    }

    [Test]
    public async Task AuthTypeNone_AsksForNoToken_EvenIfSecured()
        => Assert.That((string?)JsonNode.Parse(await _app.Call("GET", "/myapi/direct").Text())!["msg"], Is.EqualTo("GET"));

    [Test]
    public async Task TransformEnabled_ReplacesAndAddsHeaders()
    {
        var headers = (await Call("POST", "/myapi/transform-headers", ("host", "original")))["headers"]!;
        Assert.That((string?)headers["host"], Is.EqualTo("different"));
        Assert.That((string?)headers["john"], Is.EqualTo("doe"));
    }

    [Test]
    public async Task TransformNotEnabled_LeavesHeadersAlone()
    {
        var headers = (await Call("POST", "/myapi/no-transform-headers", ("host", "original")))["headers"]!;
        Assert.That((string?)headers["host"], Is.EqualTo("original"));
        Assert.That((string?)headers["john"], Is.Null);
    }

    private async Task<JsonNode> Call(string method, string path, params (string Name, string Value)[] headers)
        => JsonNode.Parse(await _app.Call(method, path, null, [("authorization", ProxyApp.Token()), .. headers]).Text())!;

    private async Task Expect(string method, string path, HttpStatusCode status, string body)
    {
        using var response = await _app.Call(method, path);
        Assert.That(response.StatusCode, Is.EqualTo(status));
        Assert.That(await response.Content.ReadAsStringAsync().Soon(), Is.EqualTo(body));
        Assert.That(response.Content.Headers.ContentType, Is.Null);
    }
}
