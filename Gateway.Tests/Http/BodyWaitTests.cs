using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NUnit.Framework;
using RigKafka.Http;
using RigKafka.Listeners;

namespace RigKafka.Tests.Http;

/// <summary>A connection that gives way while a request on it waits for its body: on real sockets.</summary>
internal sealed class BodyWaitTests
{
    private TaskCompletionSource _hold = null!;
    private SemaphoreSlim _begun = null!;
    private SemaphoreSlim _whole = null!;
    private TestSockets _sockets = null!;
    private TestApp _app = null!;

    [SetUp]
    public async Task Start()
    {
        _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (_begun, _whole, _sockets) = (new SemaphoreSlim(0), new SemaphoreSlim(0), new TestSockets());
        _app = await TestApp.Start(external: Routes, api: Routes, settings: new() { ["MAX_TCP_CONNECTIONS"] = "3", ["API_MAX_TCP_CONNECTIONS"] = "2" });
    }

    [TearDown]
    public async Task Stop()
    {
        _hold.TrySetResult();
        _sockets.Dispose();
        _app.TakeErrors();
        await _app.DisposeAsync();
        _begun.Dispose();
        _whole.Dispose();
    }

    [TestCase("Content-Type: application/json\r\nContent-Length: 1000000")]
    [TestCase("Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 1000000")]
    [TestCase("Transfer-Encoding: chunked")]
    public async Task TwoMoreOnTheApiPort_WhereBothThatAreOpenWaitForABody_ResetThem(string headers)
    {
        var waiting = new[] { await Connect(isApi: true), await Connect(isApi: true) };
        foreach (var socket in waiting)
        {
            await TestSockets.Send(socket, $"POST /body HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n");
        }

        await Wait.Until(
            async () =>
            {
                await _sockets.AskUntilServed(_app.Api.BaseAddress!.Port);
                return Array.TrueForAll(waiting, socket => socket.Poll(0, SelectMode.SelectRead));
            },
            "both have ended");

        await TestSockets.ExpectReset(waiting[0]);
        await TestSockets.ExpectReset(waiting[1]);
    }

    [Test]
    public async Task OneMoreOnTheApiPort_ResetsAnIdleOne_BeforeOneThatSendsALaterBody()
    {
        var (sending, idle) = (await Connect(isApi: true), await Connect(isApi: true));
        await TestSockets.Ask(sending, "/short");
        await TestSockets.Ask(idle, "/short");
        await TestSockets.Send(sending, "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        Assert.That(await TestSockets.Answer(sending), Does.StartWith("HTTP/1.1 100"));
        await TestSockets.Ask(idle, "/short");

        await TestSockets.Ask(await Connect(isApi: true), "/short");

        await TestSockets.ExpectReset(idle);
        await TestSockets.Send(sending, "true");
        Assert.That(await TestSockets.Answer(sending), Does.StartWith("HTTP/1.1 204"));
        Assert.That(_app.TakeErrors(), Has.One.Contains("(idle)"));
    }

    [Test]
    public async Task OneMoreOnTheApiPort_WhereNoneIsIdle_ResetsOneThatSendsALaterBody()
    {
        var (sending, used) = (await Connect(isApi: true), await Connect(isApi: true));
        await TestSockets.Send(used, "POST /body?hold HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\ntrue");
        await Taken(_whole);
        await TestSockets.Ask(sending, "/short");
        await TestSockets.Send(sending, "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n");

        await _sockets.AskUntilServed(_app.Api.BaseAddress!.Port);

        await TestSockets.ExpectReset(sending);
        _hold.SetResult();
        Assert.That(await TestSockets.Answer(used), Does.StartWith("HTTP/1.1 204"));
    }

    [Test]
    public async Task OneMoreOnTheApiPort_WhereAllBodiesAreWhole_IsResetItself()
    {
        var publishers = new[] { await Connect(isApi: true), await Connect(isApi: true) };
        foreach (var publisher in publishers)
        {
            await TestSockets.Send(publisher, "POST /body?hold HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n");
            await TestSockets.Send(publisher, "true");
            await Taken(_whole);
        }

        await TestSockets.ExpectReset(() => Connect(isApi: true));

        Assert.That(_app.TakeErrors(), Has.One.Contains("(surplus)"));
        _hold.SetResult();
        foreach (var publisher in publishers)
        {
            Assert.That(await TestSockets.Answer(publisher), Does.StartWith("HTTP/1.1 204"));
        }
    }

    /// <summary>An upload to a service may take its time.</summary>
    [Test]
    public async Task OneMoreOnTheClientPort_WhereAllWaitForABody_IsResetItself()
    {
        for (var i = 0; i < 3; i++)
        {
            var sending = await Connect();
            await TestSockets.Send(sending, "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
            Assert.That(await TestSockets.Answer(sending), Does.StartWith("HTTP/1.1 100"));
        }

        await TestSockets.ExpectReset(() => Connect());
        Assert.That(_app.TakeErrors(), Has.One.Contains("(surplus)"));
    }

    [Test]
    public async Task BodyThatIsWaitedFor_OverHttp2_LeavesTheConnectionInUse_WhileAnotherRequestIsAnswered()
    {
        using var certificates = new TestCertificates();
        certificates.Renew();
        await using var app = await TestApp.Start(
            api: Routes,
            settings: new(certificates.Settings) { ["API_MAX_TCP_CONNECTIONS"] = "1" });
        using var client = certificates.Http(app.Services.TlsListenAddresses()!.Value.Api, HttpVersion.Version20);
        using var held = client.PostAsync("/body?hold", new StringContent("true"));
        await Taken(_whole);
        using var content = new HalfContent();
        var sending = client.PostAsync("/body", content);
        await Taken(_begun);
        await Taken(_begun);

        await TestSockets.ExpectReset(() => _sockets.Connect(app.Api.BaseAddress!.Port));
        _hold.SetResult();
        Assert.That((await held.Soon()).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));

        await _sockets.AskUntilServed(app.Api.BaseAddress!.Port);
        Assert.That(async () => await sending.Soon(), Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<OperationCanceledException>());
        Assert.That(app.TakeErrors(), Has.All.StartsWith("1480"));
    }

    private void Routes(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/short", Short);
        routes.MapPost("/body", Body);
    }

    /// <summary>The server writes the answer when this is over, and the connection idle.</summary>
    private static Task Short(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task Body(HttpContext context)
    {
        _begun.Release();
        if ((await RequestBody.Read(context.Request, 1_000_000)).Body is not null && context.Request.QueryString.Value == "?hold")
        {
            _whole.Release();
            await _hold.Task;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task Taken(SemaphoreSlim signal) => Assert.That(await signal.WaitAsync(Limits.Hang), "it was not signalled");

    private Task<Socket> Connect(bool isApi = false) => _sockets.Connect((isApi ? _app.Api : _app.External).BaseAddress!.Port);

    /// <summary>The first half of a body, and never the other.</summary>
    private sealed class HalfContent : HttpContent
    {
        public HalfContent() => Headers.ContentType = new("text/plain");

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync("tr"u8.ToArray(), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 4;
            return true;
        }
    }
}
