using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>How many connections this node makes to services.</summary>
internal sealed class ServiceConnectionsTests
{
    private const int Most = 3;

    private readonly ConcurrentQueue<TaskCompletionSource> _held = new();
    private SemaphoreSlim _arrived = null!;
    private TestApp _app = null!;
    private Service _slow = null!;
    private Service _quick = null!;

    [SetUp]
    public async Task Start()
    {
        _arrived = new SemaphoreSlim(0);
        _app = await ProxyApp.Start(new() { ["PROXY_MAX_TCP_CONNECTIONS"] = $"{Most}" });
        _slow = await Service.Start(async context =>
        {
            var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Enqueue(hold);
            _arrived.Release();
            await hold.Task;
        });
        _quick = await Service.Start(context => context.Response.WriteAsync("quick"));
        await _app.Define(ProxyApp.Definition("slow", _slow.Port, ProxyApp.Endpoint("GET", "/slow"), ProxyApp.Endpoint("POST", "/slow")));
        await _app.Define(ProxyApp.Definition("quick", _quick.Port, ProxyApp.Endpoint("GET", "/quick")));
    }

    [TearDown]
    public async Task Stop()
    {
        ReleaseAll();
        _app.TakeErrors();
        await _app.DisposeAsync();
        await _slow.DisposeAsync();
        await _quick.DisposeAsync();
        _arrived.Dispose();
    }

    [TestCase("GET")]
    [TestCase("POST")]
    public async Task CallBeyondTheConnections_Is503_WithRetryAfter_AndTheNextIsServed(string method)
    {
        var calls = await Hold(Most);

        using (var refused = await _app.Call(method, "/slow", method == "POST" ? new StringContent("body") : null))
        {
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(refused.Headers.GetValues("Retry-After"), Is.EqualTo(["1"]));
            Assert.That(
                await refused.Content.ReadAsStringAsync(),
                Is.EqualTo("""{"errors":{"detail":"This node has as many connections to services as it may have."}}"""));
        }

        Assert.That(_app.TakeErrors(), Is.EqualTo(
        [
            "1790 All connections to services (PROXY_MAX_TCP_CONNECTIONS) are in use: a proxied call was answered 503. "
            + "0 more were since the last such line. ",
        ]));
        ReleaseAll();
        foreach (var call in calls)
        {
            using var answer = await call;
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(await _app.Call("GET", "/quick").Text(), Is.EqualTo("quick"));
    }

    [Test]
    public async Task ConnectionsThatAreIdle_MakeWayForAnotherService()
    {
        var calls = await Hold(Most);
        ReleaseAll();
        foreach (var call in calls)
        {
            await call.Text();
        }

        Assert.That(await _app.Call("GET", "/quick").Text(), Is.EqualTo("quick"));

        Assert.That(_app.TakeErrors(), Is.Empty);
    }

    [Test]
    public async Task CallUnderWay_IsNotHarmed_WhenIdleConnectionsMakeWay()
    {
        var calls = await Hold(Most);
        Assert.That(_held.TryDequeue(out var first), Is.True);
        first!.SetResult();
        using var ended = await await Task.WhenAny(calls);

        Assert.That(await _app.Call("GET", "/quick").Text(), Is.EqualTo("quick"));

        ReleaseAll();
        foreach (var call in calls)
        {
            Assert.That((await call).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task ServiceOfHttp2_IsCalledOn_WhereItsConnectionIsThere_AndNoneIsLeft()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await Service.Start(
            async context =>
            {
                await context.Response.WriteAsync("head");
                if (context.Request.Path == "/stream")
                {
                    await context.Response.Body.FlushAsync();
                    await ended.Task;
                }
            },
            HttpProtocols.Http2);
        var definition = ProxyApp.Definition("two", service.Port, ProxyApp.Endpoint("GET", "/stream"), ProxyApp.Endpoint("GET", "/two"));
        definition.OverHttp2();
        await _app.Define(definition);
        using var stream = await _app.Call("GET", "/stream");
        Assert.That(stream.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var calls = await Hold(Most - 1);

        using (var refused = await _app.Call("GET", "/slow"))
        {
            Assert.That(
                refused.StatusCode,
                Is.EqualTo(HttpStatusCode.ServiceUnavailable),
                "so that idle connections were told to make way");
        }

        Assert.That(await _app.Call("GET", "/two").Text(), Is.EqualTo("head"));
        ended.SetResult();
        Assert.That(await stream.Content.ReadAsStringAsync().Soon(), Is.EqualTo("head"));
        ReleaseAll();
        foreach (var call in calls)
        {
            Assert.That((await call).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task ConnectionsThatFailed_AreNotCounted()
    {
        await using (var gone = await Service.Start(_ => Task.CompletedTask))
        {
            await _app.Define(ProxyApp.Definition("gone", gone.Port, ProxyApp.Endpoint("GET", "/gone")));
        }

        for (var i = 0; i < 3 * Most; i++)
        {
            using var answer = await _app.Call("GET", "/gone");
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        }

        Assert.That(await _app.Call("GET", "/quick").Text(), Is.EqualTo("quick"));
    }

    private async Task<Task<HttpResponseMessage>[]> Hold(int calls)
    {
        var calling = Enumerable.Range(0, calls).Select(_ => _app.Call("GET", "/slow")).ToArray();
        for (var i = 0; i < calls; i++)
        {
            Assert.That(await _arrived.WaitAsync(Limits.Hang), Is.True);
        }

        return calling;
    }

    private void ReleaseAll()
    {
        while (_held.TryDequeue(out var hold))
        {
            hold.SetResult();
        }
    }
}
