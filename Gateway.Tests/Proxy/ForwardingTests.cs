using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>What of a request reaches the service, and what of its answer the client.</summary>
internal sealed class ForwardingTests
{
    private Service _service = null!;
    private TestApp _app = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await Service.Start(_ => Task.CompletedTask);
        _app = await ProxyApp.Start();
        await _app.Define(ProxyApp.Definition("all", _service.Port, [.. ProxyApp.Methods.Select(method => ProxyApp.Endpoint(method, "/x/{id}"))]));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _app.DisposeAsync();
        await _service.DisposeAsync();
    }

    [TestCase("/x/1?a=1&a=2&b[]=x&c=%7E&d=%2F%20+&e")]
    [TestCase("/x/%7Ejoe%2Fx?")]
    [TestCase("/x/a;b=c,d:@&=+$!*'()")]
    [TestCase("/x/%C3%A9t%C3%A9?q=%F0%9F%98%80")]
    public async Task Target_IsForwardedByteForByte(string target)
    {
        _service.Handle = context => context.Response.WriteAsync(context.Features.Get<IHttpRequestFeature>()!.RawTarget);
        Assert.That(await _app.Call("GET", target).Text(), Is.EqualTo(target));
    }

    [Test]
    public async Task HopByHopHeaders_AreRemovedBothWays_AndOthersKept()
    {
        HeaderDictionary? seen = null;
        _service.Handle = context =>
        {
            seen = new HeaderDictionary(new Dictionary<string, StringValues>(context.Request.Headers, StringComparer.OrdinalIgnoreCase));
            context.Response.Headers.Connection = "x-hop-back";
            context.Response.Headers["x-hop-back"] = "1";
            context.Response.Headers["x-kept"] = "2";
            return Task.CompletedTask;
        };
        // Beside close or keep-alive the server in front of us keeps the other names to itself.
        var answer = await Raw("GET /x/1 HTTP/1.0\r\nHost: shop.example\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: x\r\nX-Kept: 1\r\nUpgrade-Insecure-Requests: 1\r\n\r\n");
        Assert.That(
            seen!.Keys,
            Has.None.EqualTo("x-hop").IgnoreCase.And.None.EqualTo("keep-alive").IgnoreCase.And.None
                .EqualTo("te").IgnoreCase.And.None
                .EqualTo("proxy-authorization").IgnoreCase);
        Assert.That(seen["x-kept"].ToString(), Is.EqualTo("1"));
        Assert.That(seen["upgrade-insecure-requests"].ToString(), Is.EqualTo("1"));
        Assert.That(seen["Host"].ToString(), Is.EqualTo("shop.example"));
        Assert.That(answer, Does.Contain("x-kept: 2").IgnoreCase.And.Not.Contain("x-hop-back").IgnoreCase);
    }

    [Test]
    public async Task ForwardedHeaders_ReplaceWhatTheClientSays()
    {
        HeaderDictionary? seen = null;
        _service.Handle = context =>
        {
            seen = new HeaderDictionary(new Dictionary<string, StringValues>(context.Request.Headers, StringComparer.OrdinalIgnoreCase));
            return Task.CompletedTask;
        };
        await _app.Call("GET", "/x/1", null, ("X-Forwarded-For", "6.6.6.6"), ("Forwarded", "for=6.6.6.6"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil")).Text();
        var host = _app.External.BaseAddress!.Authority;
        Assert.That(seen!["X-Forwarded-For"].ToString(), Is.EqualTo("127.0.0.1"));
        Assert.That(seen["X-Forwarded-Proto"].ToString(), Is.EqualTo("http"));
        Assert.That(seen["X-Forwarded-Host"].ToString(), Is.EqualTo(host));
        Assert.That(seen["Forwarded"].ToString(), Is.EqualTo($"for=127.0.0.1;host=\"{host}\";proto=http"));
        Assert.That(seen["Host"].ToString(), Is.EqualTo(host));
    }

    [TestCase("X-Forwarded-Prefix")]
    [TestCase("x-forwarded-user")]
    [TestCase("X-Original-For")]
    [TestCase("X-Original-URL")]
    [TestCase("x-original-host")]
    public async Task WhatOnlyAProxyShouldSay_IsNotTakenFromAClient(string name)
    {
        _service.Handle = context => context.Response.WriteAsync(context.Request.Headers[name].ToString());
        Assert.That(await _app.Call("GET", "/x/1", null, (name, "spoofed")).Text(), Is.Empty);
    }

    [TestCase(null, "1.2.3.4, 127.0.0.1", "for=1.2.3.4, for=127.0.0.1;host=")]
    [TestCase("127.0.0.1", "1.2.3.4", "for=1.2.3.4, for=1.2.3.4;host=")]
    public async Task WhatATrustedProxySays_IsKept_WhereTheSettingSaysSo(string? trusted, string addresses, string forwarded)
    {
        HeaderDictionary? seen = null;
        await using var service = await Service.Start(context =>
        {
            seen = new HeaderDictionary(new Dictionary<string, StringValues>(context.Request.Headers, StringComparer.OrdinalIgnoreCase));
            return Task.CompletedTask;
        });
        await using var app = await ProxyApp.Start(new() { ["PROXY_FORWARDED_HEADERS"] = "append", ["TRUSTED_PROXIES"] = trusted });
        await app.Define(ProxyApp.Definition("all", service.Port, ProxyApp.Endpoint("GET", "/x")));
        await app.Call("GET", "/x", null, ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "shop"), ("X-Forwarded-Prefix", "/shop"), ("Forwarded", "for=1.2.3.4")).Text();
        Assert.That(seen!["X-Forwarded-For"].ToString(), Is.EqualTo(addresses));
        Assert.That(seen["X-Forwarded-Proto"].ToString(), Is.EqualTo("https"));
        Assert.That(seen["X-Forwarded-Host"].ToString(), Is.EqualTo("shop"));
        Assert.That(seen["X-Forwarded-Prefix"].ToString(), Is.EqualTo("/shop"));
        Assert.That(seen["Forwarded"].ToString(), Does.StartWith(forwarded));
        Assert.That(seen.Keys, Has.None.EqualTo("X-Original-For").IgnoreCase);
    }

    [Test]
    public async Task RequestId_OfTheService_IsNotDoubled_AndOursFillsIn()
    {
        _service.Handle = context =>
        {
            context.Response.Headers["x-request-id"] = "of-the-service";
            context.Response.Headers.CacheControl = "max-age=7";
            return Task.CompletedTask;
        };
        using var named = await _app.Call("GET", "/x/1");
        Assert.That(named.Headers.GetValues("x-request-id"), Is.EqualTo(["of-the-service"]));
        Assert.That(named.Headers.CacheControl!.ToString(), Is.EqualTo("max-age=7"));
        _service.Handle = _ => Task.CompletedTask;
        using var unnamed = await _app.Call("GET", "/x/1");
        Assert.That(unnamed.Headers.GetValues("x-request-id").Single(), Has.Length.EqualTo(32));
        Assert.That(unnamed.Headers.CacheControl, Is.Null);
    }

    [Test]
    public async Task TraceHeaders_AndHeadersThatAreNotAscii_PassUntouched()
    {
        string? trace = null, name = null;
        _service.Handle = context =>
        {
            (trace, name) = (context.Request.Headers.TraceParent, context.Request.Headers["x-name"]);
            context.Response.Headers.ContentDisposition = "attachment; filename=\"\u00c3\u00a4.txt\"";
            return Task.CompletedTask;
        };
        const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var answer = await Raw($"GET /x/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\ntraceparent: {Parent}\r\nX-Name: ä\r\n\r\n");
        // A node that exports spans is a step of its own on the way, which this one is not.
        Assert.That(trace, Is.EqualTo(Parent));
        Assert.That(name, Is.EqualTo("ä"));
        Assert.That(answer, Does.Contain("filename=\"ä.txt\""));
    }

    [Test]
    public async Task Head_IsForwardedAsHead_AndHasNoBody()
    {
        string? method = null;
        _service.Handle = context =>
        {
            method = context.Request.Method;
            context.Response.ContentLength = 42;
            return Task.CompletedTask;
        };
        using var response = await _app.Call("HEAD", "/x/1");
        Assert.That(method, Is.EqualTo("HEAD"));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(42));
        Assert.That(await response.Content.ReadAsByteArrayAsync().Soon(), Is.Empty);
    }

    [TestCase("POST")]
    [TestCase("PUT")]
    [TestCase("PATCH")]
    [TestCase("DELETE")]
    [TestCase("GET")]
    public async Task Body_IsForwardedAsItIs_WhateverItsType(string method)
    {
        (string? Type, long? Length, string Body) seen = default;
        _service.Handle = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen = (context.Request.ContentType, context.Request.ContentLength, await reader.ReadToEndAsync());
        };
        await _app.Call(method, "/x/1?q=1", new StringContent("a=1&b=ä", Encoding.UTF8, "application/x-www-form-urlencoded")).Text();
        Assert.That(seen, Is.EqualTo(("application/x-www-form-urlencoded; charset=utf-8", 8L, "a=1&b=ä")));
    }

    [Test]
    public async Task StatusAndHeaders_OfTheService_ReachTheClient_RedirectsAndCompressionIncluded()
    {
        _service.Handle = async context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = "/elsewhere";
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.Headers.Append("set-cookie", "a=1");
            context.Response.Headers.Append("set-cookie", "b=2");
            await context.Response.Body.WriteAsync("not really gzip"u8.ToArray());
        };
        using var plain = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { Timeout = Limits.Hang };
        using var response = await plain.GetAsync(new Uri(_app.External.BaseAddress!, "/x/1"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(response.Headers.GetValues("set-cookie"), Is.EqualTo(["a=1", "b=2"]));
        Assert.That(response.Headers.TransferEncodingChunked, Is.True);
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("not really gzip"));
    }

    [TestCase("gzip")]
    [TestCase("br")]
    public async Task CompressedBody_IsNotTouched(string coding)
    {
        var body = new ByteArrayContent([0x1F, 0x8B, 8, 0, 1, 2, 3]);
        body.Headers.ContentEncoding.Add(coding);
        (string? Coding, byte[] Body) seen = default;
        _service.Handle = async context =>
        {
            using var read = new MemoryStream();
            await context.Request.Body.CopyToAsync(read);
            seen = (context.Request.Headers.ContentEncoding, read.ToArray());
        };
        using var response = await _app.Call("POST", "/x/1", body);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(seen.Coding, Is.EqualTo(coding));
        Assert.That(seen.Body, Is.EqualTo(await body.ReadAsByteArrayAsync()));
    }

    [TestCase("/x/..")]
    [TestCase("/x/%2e%2E")]
    [TestCase("/x/..%2fsecret")]
    [TestCase("/x/..%5csecret")]
    [TestCase("/x/../x/1")]
    public async Task DotSegments_AreNoRoute_SinceAServiceMightResolveThem(string path)
    {
        var answer = await Raw($"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.That(answer, Does.StartWith("HTTP/1.1 404"));
    }

    private async Task<string> Raw(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _app.External.BaseAddress!.Port).Soon();
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync().Soon();
    }
}
