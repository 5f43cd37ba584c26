using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NUnit.Framework;
using RigKafka.Http;
using RigKafka.Listeners;

namespace RigKafka.Tests.Listeners;

[TestFixture("true")]
[TestFixture("false")]
internal sealed class ListenersTests(string isDirect)
{
    [Test]
    public async Task IsApi_TellsTheListeners_Apart()
    {
        RequestDelegate tell = context => context.AnswerBare(200, context.IsApi() ? "api" : "external");
        await using var app = await Start(external: routes => routes.MapGet("/where", tell), api: routes => routes.MapGet("/where", tell));
        Assert.That(await app.External.GetStringAsync("/where"), Is.EqualTo("external"));
        Assert.That(await app.Api.GetStringAsync("/where"), Is.EqualTo("api"));
    }

    [Test]
    public async Task ApiRoute_OnTheExternalPort_IsUnknown_WhateverTheHostHeaderSays()
    {
        await using var app = await Start(api: routes => routes.MapGet("/v1/secret", context => context.AnswerBare(200, "secret")));
        foreach (var host in new[] { null, app.Api.BaseAddress!.Authority, "localhost:4010", "api" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/secret") { Headers = { Host = host } };
            using var response = await app.External.SendAsync(request);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), host);
        }

        Assert.That(await app.Api.GetStringAsync("/v1/secret"), Is.EqualTo("secret"));
    }

    [Test]
    public async Task ExternalRoute_OnTheApiPort_IsUnknown()
    {
        await using var app = await Start(external: routes => routes.MapGet("/socket/sse", context => context.AnswerBare(200, "stream")));
        using var response = await app.Api.GetAsync("/socket/sse");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task AcceptedSockets_OfBothListeners_HaveTheUserTimeout_AndNoDelay()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("TCP_USER_TIMEOUT is known to Linux only.");
        }

        await using var app = await Start(
            external: routes => routes.MapGet("/options", AnswerSocketOptions),
            api: routes => routes.MapGet("/options", AnswerSocketOptions),
            settings: new() { ["TCP_USER_TIMEOUT_MS"] = "12345" });
        Assert.That(await app.External.GetStringAsync("/options"), Is.EqualTo("12345 True"));
        Assert.That(await app.Api.GetStringAsync("/options"), Is.EqualTo("12345 True"));
    }

    [Test]
    public async Task AnyAddress_TakesIPv4AndIPv6()
    {
        await using var app = await Start(
            external: routes => routes.MapGet("/", context => context.AnswerBare(200, "here")), settings: new() { ["LISTEN_ADDRESS"] = "", ["API_TOKEN"] = "secret" });
        var port = app.External.BaseAddress!.Port;
        using var client = new HttpClient { Timeout = Limits.Hang };
        Assert.That(await client.GetStringAsync($"http://127.0.0.1:{port}/"), Is.EqualTo("here"));
        if (System.Net.Sockets.Socket.OSSupportsIPv6)
        {
            Assert.That(await client.GetStringAsync($"http://[::1]:{port}/"), Is.EqualTo("here"));
        }
    }

    [Test]
    public async Task RequestLine_LongerThanTheLimit_Is414_AndHeaders_Are431()
    {
        await using var app = await Start(external: routes => routes.MapGet("/", context => context.AnswerBare(200, "")));
        using var fits = await app.External.GetAsync("/?token=" + new string('a', 16_000));
        Assert.That(fits.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var tooLong = await app.External.GetAsync("/?token=" + new string('a', 16_400));
        Assert.That(tooLong.StatusCode, Is.EqualTo(HttpStatusCode.RequestUriTooLong));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "x-large", new string('a', 33_000) } } };
        using var tooMany = await app.External.SendAsync(request);
        Assert.That(tooMany.StatusCode, Is.EqualTo(HttpStatusCode.RequestHeaderFieldsTooLarge));
    }

    [Test]
    public async Task NoAnswer_NamesTheServer()
    {
        await using var app = await Start();
        using var external = await app.External.GetAsync("/");
        using var api = await app.Api.GetAsync("/");
        Assert.That(external.Headers.Server, Is.Empty);
        Assert.That(api.Headers.Server, Is.Empty);
    }

    /// <summary>The threads that poll sockets have other sockets to look after.</summary>
    [Test]
    public async Task ApiRoute_IsHandledOnAThreadOfThePool_UnlessItIsMarked()
    {
        RequestDelegate tell = context => context.Response.WriteAsync($"{Thread.CurrentThread.IsThreadPoolThread}");
        await using var app = await Start(api: routes =>
        {
            routes.Map("/long", tell);
            routes.Map("/short", tell).WithMetadata(HandledAtOnce.Mark);
        });
        for (var i = 0; i < 20; i++)
        {
            Assert.That(await app.Api.GetStringAsync("/long"), Is.EqualTo("True"));
        }

        if (isDirect == "true")
        {
            // Not the first of a connection, nor one that comes while the one before it is being ended.
            await Wait.Until(async () => await app.Api.GetStringAsync("/short") == "False", "one is handled at once");
        }
    }

    [Test]
    public async Task PortsOfAContainerImage_AreNotFollowed_AndNotWarnedOf()
    {
        await using var app = await Start(settings: new() { ["HTTP_PORTS"] = "8080" });
        Assert.That(app.External.BaseAddress!.Port, Is.Not.EqualTo(8080));
    }

    private Task<TestApp> Start(
        Action<IEndpointRouteBuilder>? external = null,
        Action<IEndpointRouteBuilder>? api = null,
        Dictionary<string, string?>? settings = null) =>
        TestApp.Start(external: external, api: api, settings: new(settings ?? []) { ["DIRECT_TRANSPORT_ENABLED"] = isDirect });

    private static Task AnswerSocketOptions(HttpContext context)
    {
        var socket = context.Features.Get<IConnectionSocketFeature>()!.Socket;
        var timeout = new byte[sizeof(int)];
        socket.GetRawSocketOption(ListenEndPoint.ProtocolTcp, ListenEndPoint.TcpUserTimeout, timeout);
        return context.AnswerBare(200, $"{BitConverter.ToInt32(timeout)} {socket.NoDelay}");
    }
}
