using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>A call that comes back to a node that has forwarded it goes no further.</summary>
internal sealed class LoopTests
{
    private const string CameBack = """{"errors":{"detail":"The call came back to this node: the service of its API leads to the gateway."}}""";

    [Test]
    public async Task DefinitionThatLeadsToTheGatewayItself_Is508_AfterOneRound()
    {
        using var totals = new MetricTotals();
        await using var app = await ProxyApp.Start(add: builder => builder.Services.AddSingleton(totals.Metrics));
        await app.Define(ProxyApp.Definition("a", app.External.BaseAddress!.Port, ProxyApp.Endpoint("GET", "/x"), ProxyApp.Endpoint("POST", "/x")));
        await ExpectLoop(await app.Call("GET", "/x"));
        Assert.That(app.TakeErrors(), Is.EqualTo(["1705 GET /x of API a failed: loop (-). 0 more failed since the last such line. "]));
        await ExpectLoop(await app.Call("POST", "/x", new StringContent("body")));
        Assert.That(totals["rig.proxy.failed{reason=loop}"], Is.EqualTo(2), "once for each call");
        app.TakeErrors();
    }

    [Test]
    public async Task LoopOverSeveralNodes_Is508()
    {
        await using var one = await ProxyApp.Start();
        await using var two = await ProxyApp.Start();
        await using var three = await ProxyApp.Start();
        TestApp[] nodes = [one, two, three];
        for (var i = 0; i < nodes.Length; i++)
        {
            await nodes[i].Define(ProxyApp.Definition("a", nodes[(i + 1) % nodes.Length].External.BaseAddress!.Port, ProxyApp.Endpoint("GET", "/x")));
        }

        await ExpectLoop(await one.Call("GET", "/x"));
        Assert.That(one.TakeErrors(), Has.Count.EqualTo(1), "the loop was found where it began");
        Assert.That(two.TakeErrors(), Is.Empty);
        Assert.That(three.TakeErrors(), Is.Empty);
    }

    [TestCase("Connection: Via")]
    [TestCase("Connection: Via, close")]
    public async Task Client_CannotHaveTheMarkTakenOff(string header)
    {
        await using var app = await ProxyApp.Start();
        await app.Define(ProxyApp.Definition("a", app.External.BaseAddress!.Port, ProxyApp.Endpoint("GET", "/x")));
        var answer = await app.Raw($"GET /x HTTP/1.0\r\nHost: a\r\n{header}\r\nVia: 1.0 x\r\n\r\n");
        Assert.That(answer, Does.StartWith("HTTP/1.1 508"));
        app.TakeErrors();
    }

    [Test]
    public async Task Definition_CannotTakeTheMarkOff()
    {
        await using var app = await ProxyApp.Start();
        var definition = ProxyApp.Definition(
            "a",
            app.External.BaseAddress!.Port,
            ProxyApp.Endpoint("GET", "/x").With("transform_request_headers", true));
        definition.AddingHeaders(new() { ["Via"] = "1.1 other" });
        await app.Define(definition);
        await ExpectLoop(await app.Call("GET", "/x"));
        app.TakeErrors();
    }

    [Test]
    public async Task Mark_IsAddedToThoseOfOtherProxies_AndIsThisNodesOwn()
    {
        await using var service = await Service.Start(context => context.Response.WriteAsync(context.Request.Headers.Via.ToString()));
        await using var one = await ProxyApp.Start();
        await using var two = await ProxyApp.Start();
        await one.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("GET", "/x")));
        await two.Define(ProxyApp.Definition("a", one.External.BaseAddress!.Port, ProxyApp.Endpoint("GET", "/x")));
        Assert.That(await one.Call("GET", "/x").Text(), Does.Match("^1\\.1 rig-[0-9a-f]{32}$"));
        var marks = (await two.Call("GET", "/x", null, ("Via", "1.0 fred, 1.1 p.example.net")).Text()).Split(", ");
        Assert.That(marks, Has.Length.EqualTo(4));
        Assert.That(marks[..2], Is.EqualTo(["1.0 fred", "1.1 p.example.net"]));
        Assert.That(marks[2], Is.Not.EqualTo(marks[3]));
        Assert.That(await one.Call("GET", "/x").Text(), Is.EqualTo(marks[3]), "the same for every call");
    }

    private static async Task ExpectLoop(HttpResponseMessage response)
    {
        using (response)
        {
            Assert.That(response.StatusCode, Is.EqualTo((HttpStatusCode)508));
            Assert.That(await response.Content.ReadAsStringAsync().Soon(), Is.EqualTo(CameBack));
        }
    }
}
