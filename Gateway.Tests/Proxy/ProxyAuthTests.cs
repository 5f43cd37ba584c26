using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Proxy;
using RigKafka.Sessions;

namespace RigKafka.Tests.Proxy;

/// <summary>Who is let through to a service, and for how long.</summary>
[Parallelizable]
internal sealed class ProxyAuthTests
{
    private Service _service = null!;
    private FakeTimeProvider _time = null!;
    private TestApp _app = null!;

    [SetUp]
    public async Task Start()
    {
        _time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        _service = await Service.Start(context => context.Response.WriteAsync("let in"));
        _app = await ProxyApp.Start(add: builder => builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_time)));
        await _app.Define(Jwt("a", new JsonObject { ["use_query"] = true, ["query_name"] = "token" }, ProxyApp.Endpoint("GET", "/secured").With("not_secured", false), ProxyApp.Endpoint("GET", "/open")));
    }

    [TearDown]
    public async Task Stop()
    {
        await _app.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Test]
    public async Task Secured_WithoutAToken_Is401()
    {
        using var response = await _app.Call("GET", "/secured");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"message":"Missing or invalid token"}"""));
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
        Assert.That(response.Content.Headers.ContentType, Is.Null);
    }

    [TestCase("")]
    [TestCase("Bearer ")]
    [TestCase("bearer ")]
    public async Task Secured_WithATokenInTheHeader_IsLetIn(string scheme)
        => Assert.That(await _app.Call("GET", "/secured", null, ("authorization", scheme + ProxyApp.Token())).Text(), Is.EqualTo("let in"));

    [Test]
    public async Task Secured_WithATokenInTheQuery_IsLetIn_WhereTheDefinitionLooks()
        => Assert.That(await _app.Call("GET", "/secured?token=bad%20" + ProxyApp.Token()).Text(), Is.EqualTo("let in"));

    [Test]
    public async Task Secured_WithOneGoodTokenAmongBad_IsLetIn()
        => Assert.That(
            await _app.Call("GET", "/secured?token=bad", null, ("authorization", ProxyApp.Token())).Text(),
            Is.EqualTo("let in"));

    [TestCase("""{"jti":"s","exp":1}""")]
    [TestCase("""{"jti":"s"}""")]
    public async Task Secured_WithATokenThatIsNotGood_Is401(string claims)
        => Assert.That(
            (await _app.Call("GET", "/secured", null, ("authorization", ProxyApp.Token(claims)))).StatusCode,
            Is.EqualTo(HttpStatusCode.Unauthorized));

    [Test]
    public async Task Token_WhereTheDefinitionDoesNotLook_IsNone()
    {
        await _app.Define(Jwt("b", new JsonObject(), ProxyApp.Endpoint("GET", "/header-only").With("not_secured", false)));
        Assert.That((await _app.Call("GET", "/header-only?token=" + ProxyApp.Token())).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        using var put = await _app.Api.PutAsync(
            "/v1/apis/b",
            new StringContent("""{"auth":{"use_header":false,"use_query":true,"query_name":"t"}}""", System.Text.Encoding.UTF8, "application/json"));
        Assert.That(put.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            (await _app.Call("GET", "/header-only", null, ("authorization", ProxyApp.Token()))).StatusCode,
            Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await _app.Call("GET", "/header-only?t=" + ProxyApp.Token())).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Open_AndApisWithoutAuth_AskForNothing()
    {
        await _app.Define(ProxyApp.Definition("c", _service.Port, ProxyApp.Endpoint("GET", "/none").With("not_secured", false)));
        Assert.That(await _app.Call("GET", "/open").Text(), Is.EqualTo("let in"));
        Assert.That(await _app.Call("GET", "/none").Text(), Is.EqualTo("let in"));
    }

    [Test]
    public async Task Stream_EndsWhenItsTokenExpires()
    {
        using var response = await OpenStream("""{"jti":"s1","exp":1800000060}""");
        _time.Advance(TimeSpan.FromSeconds(59));
        await _next();
        _time.Advance(TimeSpan.FromSeconds(2));
        await ExpectEnd(response);
    }

    [Test]
    public async Task Stream_EndsWhenItsSessionIsEnded_AndNoOtherDoes()
    {
        using var ended = await OpenStream("""{"jti":"s1","exp":1800000060}""");
        using var other = await OpenStream("""{"jti":"s2","exp":1800000060}""");
        var calls = _app.Services.GetRequiredService<OpenCalls>();
        Assert.That(calls.Count, Is.EqualTo(2));
        var entry = await _app.Services.GetRequiredService<Blacklist>()
            .Add(BlacklistKey.OfSession("s1"), new BlacklistEntry(DateTimeOffset.MaxValue))
            .Soon();
        Assert.That(entry.Outcome, Is.EqualTo(AppendOutcome.Stored));
        Assert.That(
            (await _app.Call("GET", "/secured", null, ("authorization", ProxyApp.Token("""{"jti":"s1","exp":1800000060}""")))).StatusCode,
            Is.EqualTo(HttpStatusCode.Unauthorized));
        await ExpectEnd(ended);
        await _next();
    }

    [Test]
    public async Task WebSocket_EndsWhenItsSessionIsEnded()
    {
        _service.Handle = async context =>
        {
            using var accepted = await context.WebSockets.AcceptWebSocketAsync();
            await accepted.ReceiveAsync(new byte[64], context.RequestAborted);
        };
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("authorization", ProxyApp.Token("""{"jti":"s1","exp":1800000060}"""));
        await socket.ConnectAsync(new UriBuilder(_app.External.BaseAddress!) { Scheme = "ws", Path = "/secured" }.Uri, default).Soon();
        var receiving = socket.ReceiveAsync(new byte[64], default);
        await _app.Services.GetRequiredService<Blacklist>().Add(BlacklistKey.OfSession("s1"), new BlacklistEntry(DateTimeOffset.MaxValue)).Soon();
        Assert.That(() => receiving.Soon(), Throws.InstanceOf<WebSocketException>());
    }

    private Func<Task> _next = () => Task.CompletedTask;

    /// <summary>A stream that sends a byte now, and one each time it is asked to.</summary>
    private async Task<HttpResponseMessage> OpenStream(string claims)
    {
        var more = new SemaphoreSlim(0);
        _service.Handle = async context =>
        {
            for (; ; )
            {
                await context.Response.WriteAsync(".");
                await more.WaitAsync(context.RequestAborted);
            }
        };
        var response = await _app.Call("GET", "/secured", null, ("authorization", ProxyApp.Token(claims)));
        var stream = await response.Content.ReadAsStreamAsync();
        Assert.That(await stream.ReadAsync(new byte[1]).Soon(), Is.EqualTo(1));
        more.Release();
        _next = async () =>
        {
            Assert.That(await stream.ReadAsync(new byte[1]).Soon(), Is.EqualTo(1));
        };
        return response;
    }

    private static async Task ExpectEnd(HttpResponseMessage response)
    {
        var stream = await response.Content.ReadAsStreamAsync();
        Assert.That(
            async () =>
            {
                while (await stream.ReadAsync(new byte[64]).Soon() > 0)
                {
                }
            },
            Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<IOException>());
    }

    private JsonObject Jwt(string id, JsonObject auth, params JsonObject[] endpoints)
        => ProxyApp.Definition(id, _service.Port, endpoints).With("auth_type", "jwt").With("auth", auth);
}
