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
        var callers = Kept.Concat(Kept).Select(async id =>
        {
            var calls = 0;
            for (; !Volatile.Read(ref isOver); calls++)
            {
                Assert.That(await app.Call("GET", $"/{id}/{calls}").Text(), Is.EqualTo("there"));
            }

            return calls;
        }).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            var id = Kept[round % Kept.Length];
            var content = new StringContent(Api(id, $"{round}").ToJsonString(), Encoding.UTF8, "application/json");
            using var changed = await app.Api.PutAsync("/v1/apis/" + id, content);
            Assert.That(changed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            // Some come and go that come before the others, and after.
            await app.Define(Api($"a{round % 3}", "passing"));
            await app.Define(Api($"z{round % 3}", "passing"));
            using var before = await app.Api.DeleteAsync($"/v1/apis/a{round % 3}");
            using var after = await app.Api.DeleteAsync($"/v1/apis/z{round % 3}");
            Assert.That((before.StatusCode, after.StatusCode), Is.EqualTo((HttpStatusCode.NoContent, HttpStatusCode.NoContent)));
        }

        Volatile.Write(ref isOver, true);
        Assert.That(await Task.WhenAll(callers).Soon(), Is.All.GreaterThan(Rounds / 2));
    }
}
