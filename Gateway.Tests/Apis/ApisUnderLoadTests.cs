using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Tests.Proxy;

namespace RigKafka.Tests.Apis;

/// <summary>Definitions change while calls are made by them.</summary>
internal sealed class ApisUnderLoadTests
{
    private static readonly string[] Kept = ["k", "l", "m", "n"];

    [Test]
    public async Task Changes_OfSeveralDefinitions_FailNoCall()
    {
        const int Rounds = 60;
        await using var app = await ProxyApp.Start();
        await using var service = await Service.Start(context => context.Response.WriteAsync("there"));
        JsonObject Api(string id, string name)
            => ProxyApp.Definition(id, service.Port, ProxyApp.Endpoint("GET", $"/{id}/{{x}}")).With("name", name);
        foreach (var id in Kept)
        {
            await app.Define(Api(id, "first"));
        }

        var isOver = false;
        var calls = new int[2 * Kept.Length];
        var callers = Kept.Concat(Kept).Select(async (id, caller) =>
        {
            for (; !Volatile.Read(ref isOver); Interlocked.Increment(ref calls[caller]))
            {
                Assert.That(await app.Call("GET", $"/{id}/{calls[caller]}").Text(), Is.EqualTo("there"));
            }
        }).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            var id = Kept[round % Kept.Length];
            var called = calls.ToArray();
            var content = new StringContent(Api(id, $"{round}").ToJsonString(), Encoding.UTF8, "application/json");
            using var changed = await app.Api.PutAsync("/v1/apis/" + id, content);
            Assert.That(changed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            // Some come and go that come before the others, and after.
            await app.Define(Api($"a{round % 3}", "passing"));
            await app.Define(Api($"z{round % 3}", "passing"));
            using var before = await app.Api.DeleteAsync($"/v1/apis/a{round % 3}");
            using var after = await app.Api.DeleteAsync($"/v1/apis/z{round % 3}");
            Assert.That((before.StatusCode, after.StatusCode), Is.EqualTo((HttpStatusCode.NoContent, HttpStatusCode.NoContent)));
            await Wait.Until(
                () => callers.Any(caller => caller.IsCompleted) || calls.Zip(called).All(count => count.First > count.Second),
                "everybody has called since");
        }

        Volatile.Write(ref isOver, true);
        await Task.WhenAll(callers).Soon();
    }
}
