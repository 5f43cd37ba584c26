using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>What a client is told when a service is down, slow, or breaks off.</summary>
[Parallelizable]
internal sealed class FailureTests
{
    private const string JsonType = "application/json; charset=utf-8";

    private TestApp _app = null!;

    [SetUp]
    public async Task Start()
        => _app = await ProxyApp.Start(new() { ["PROXY_RESPONSE_TIMEOUT_MS"] = "300", ["PROXY_CONNECT_TIMEOUT_MS"] = "1000" });

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task ServiceDown_Is502()
    {
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            await _app.Define(ProxyApp.Definition("a", ((IPEndPoint)listener.LocalEndpoint).Port, ProxyApp.Endpoint("GET", "/x")));
        }

        await ExpectError(await _app.Call("GET", "/x"), HttpStatusCode.BadGateway, "The service could not be reached, or broke off.");
        Assert.That(
            _app.TakeErrors(),
            Is.EqualTo(["1705 GET /x of API a failed: upstream_down (ConnectionError). 0 more failed since the last such line. "]));
    }

    [Test]
    public async Task ServiceThatBreaksOffBeforeItsAnswer_Is502()
    {
        await using var service = await Service.Start(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await _app.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("POST", "/x")));
        await ExpectError(
            await _app.Call("POST", "/x", new StringContent("body")),
            HttpStatusCode.BadGateway,
            "The service could not be reached, or broke off.");
        Assert.That(_app.TakeErrors(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task ServiceThatBreaksOffInItsAnswer_IsBrokenOffForTheClientToo()
    {
        var isThere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await Service.Start(async context =>
        {
            await context.Response.WriteAsync("some");
            await isThere.Task;
            context.Abort();
        });
        await _app.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("GET", "/x")));
        using var response = await _app.Call("GET", "/x");
        isThere.SetResult();
        Assert.That(async () => await response.Content.ReadAsStringAsync().Soon(), Throws.InstanceOf<HttpRequestException>());
        await _app.StopAsync();
        Assert.That(_app.TakeErrors().Single(), Does.Contain("broken_off"));
    }

    [TestCase(null)]
    [TestCase("body")]
    public async Task ServiceTooSlow_Is504(string? body)
    {
        await using var service = await Service.Start(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await _app.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("POST", "/x")));
        await ExpectError(
            await _app.Call("POST", "/x", body is null ? null : new StringContent(body)),
            HttpStatusCode.GatewayTimeout,
            "The service did not answer in time.");
        Assert.That(
            _app.TakeErrors(),
            Is.EqualTo(["1705 POST /x of API a failed: upstream_slow (-). 0 more failed since the last such line. "]));
    }

    [Test]
    public async Task ResponseTimeout_OfTheEndpoint_WinsOverTheSetting()
    {
        await using var service = await Service.Start(async context => await Task.Delay(600, context.RequestAborted));
        await _app.Define(ProxyApp.Definition(
            "a",
            service.Port,
            ProxyApp.Endpoint("GET", "/x").With("response_timeout_ms", 120_000),
            ProxyApp.Endpoint("GET", "/y").With("response_timeout_ms", 1)));
        using var patient = await _app.Call("GET", "/x");
        Assert.That(patient.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var impatient = await _app.Call("GET", "/y");
        Assert.That(impatient.StatusCode, Is.EqualTo(HttpStatusCode.GatewayTimeout));
        _app.TakeErrors();
    }

    [Test]
    public async Task ResponseTimeout_IsNotOfASlowUpload_NorOfAQuietAnswer()
    {
        const int LongerThanTimeout = 3_200;
        await using var service = await Service.Start(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await Task.Delay(LongerThanTimeout, context.RequestAborted);
            await context.Response.WriteAsync(body);
        });
        await _app.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("POST", "/x").With("response_timeout_ms", 3_000)));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _app.External.BaseAddress!.Port).Soon();
        await client.GetStream().WriteAsync("POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab"u8.ToArray());
        // Longer than the time-out: the last byte of the request has not been sent.
        await Task.Delay(LongerThanTimeout);
        await client.GetStream().WriteAsync("cd"u8.ToArray());
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        Assert.That(await reader.ReadToEndAsync().Soon(), Does.StartWith("HTTP/1.1 200").And.Contain("first").And.Contain("abcd"));
    }

    [Test]
    public async Task BodyOverTheLimit_Is413()
    {
        await using var app = await ProxyApp.Start(new() { ["PROXY_BODY_MAX_BYTES"] = "10" });
        await using var service = await Service.Start(context => context.Request.Body.CopyToAsync(Stream.Null));
        await app.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("POST", "/x")));
        using var fits = await app.Call("POST", "/x", new StringContent("0123456789"));
        Assert.That(fits.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await ExpectError(
            await app.Call("POST", "/x", new StringContent("0123456789a")),
            HttpStatusCode.RequestEntityTooLarge,
            "Bad request");
    }

    [Test]
    public async Task EnvironmentThatHoldsNoHost_Is502()
    {
        await using var app = await ProxyApp.Start(new() { ["SHOP_HOST"] = "http://user@nowhere/path" });
        await app.Define(ProxyApp.Definition("a", 80, ProxyApp.Endpoint("GET", "/x")).AtHostOf("SHOP_HOST"));
        await ExpectError(await app.Call("GET", "/x"), HttpStatusCode.BadGateway, "The service has no address.");
        Assert.That(app.TakeErrors().Single(), Does.Contain("no_address"));
    }

    [TestCase("127.0.0.1")]
    [TestCase("http://127.0.0.1")]
    [TestCase(null)]
    public async Task EnvironmentHoldsTheHost_OrItIsLocalhost(string? host)
    {
        await using var app = await ProxyApp.Start(host is null ? [] : new() { ["SHOP_HOST"] = host });
        await using var service = await Service.Start(context => context.Response.WriteAsync("found"));
        await app.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("GET", "/x")).AtHostOf("SHOP_HOST"));
        Assert.That(await app.Call("GET", "/x").Text(), Is.EqualTo("found"));
    }

    private static async Task ExpectError(HttpResponseMessage response, HttpStatusCode status, string detail)
    {
        using (response)
        {
            Assert.That(response.StatusCode, Is.EqualTo(status));
            Assert.That(await response.Content.ReadAsStringAsync().Soon(), Is.EqualTo($$$"""{"errors":{"detail":"{{{detail}}}"}}"""));
            Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo(JsonType));
            Assert.That(response.Headers.GetValues("x-request-id").Single(), Has.Length.EqualTo(32));
        }
    }
}
