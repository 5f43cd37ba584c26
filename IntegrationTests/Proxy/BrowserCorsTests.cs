using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using NUnit.Framework;
using RigKafka.IntegrationTests.Demo;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Proxy;

/// <summary>What a page of another origin may do and read on proxied paths, in a real browser.</summary>
internal sealed class BrowserCorsTests
{
    private const string Unreadable = "network error";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    [Test]
    public async Task PageOfAnAllowedOrigin_ReadsTheGatewaysAnswers_AndAnotherDoesNot()
    {
        await using var chromium = await Chromium.Start();
        var hosts = await TestKafka.Hosts();
        using var topics = new TestTopics(hosts);
        var orders = await topics.Create(1);
        await using var shop = await Service.Start(Show);
        await using var other = await Service.Start(Show);
        await using var node = await KafkaNode.Start(hosts, TestTopics.NewName(), new() { ["ALLOWED_ORIGINS"] = $"http://127.0.0.1:{shop.Port}", ["MESSAGE_MAX_BYTES"] = "2000" });
        await Define(node, orders);

        var page = await chromium.Open(new Uri($"http://127.0.0.1:{shop.Port}/"));
        Assert.That(await Fetch(page, node, "POST", "/orders", "one"), Is.EqualTo("""202 {"message":"ok"}"""));
        Assert.That(await Fetch(page, node, "PUT", "/orders", "two"), Is.EqualTo("""202 {"message":"ok"}"""));
        Assert.That(await Fetch(page, node, "POST", "/orders", new string('a', 2001)), Does.StartWith("413 "));
        Assert.That(await Fetch(page, node, "POST", "/secured", "three", "text/plain"), Does.StartWith("401 "));
        Assert.That(await Fetch(page, node, "POST", "/down", "four", "text/plain"), Does.StartWith("502 "));
        Assert.That(await Fetch(page, node, "POST", "/undefined", "five", "text/plain"), Is.EqualTo(Unreadable));

        var foreign = await chromium.Open(new Uri($"http://127.0.0.1:{other.Port}/"));
        Assert.That(await Fetch(foreign, node, "POST", "/orders", "six"), Is.EqualTo(Unreadable));
        Assert.That(await Fetch(foreign, node, "POST", "/secured", "seven", "text/plain"), Is.EqualTo(Unreadable));
        Assert.That(topics.ReadAll(orders).Select(record => record.Value), Is.EqualTo(["one", "two"]));
    }

    private static Task Show(HttpContext context)
    {
        context.Response.ContentType = "text/html";
        return context.Response.WriteAsync("<!doctype html><title>A page</title>");
    }

    /// <summary>JSON has the browser ask first; text it sends at once.</summary>
    private static async Task<string> Fetch(IPage page, GatewayNode node, string method, string path, string body, string type = "application/json")
        => await page.EvaluateAsync<string>(
            """
            async ([address, method, body, type, unreadable]) => {
              try {
                const response = await fetch(address, { method, body, headers: { "content-type": type } });
                return `${response.status} ${await response.text()}`;
              } catch {
                return unreadable;
              }
            }
            """,
            new[] { new Uri(node.External, path).AbsoluteUri, method, body, type, Unreadable }).Soon();

    private static async Task Define(GatewayNode node, string topic)
    {
        var definition = JsonNode.Parse($$$$"""
            {"id":"a","auth_type":"jwt","proxy":{"use_env":false,"target_url":"127.0.0.1","port":1},"version_data":{"default":{"endpoints":[
             {"path":"/orders","method":"POST","not_secured":true,"target":"kafka","topic":"{{{{topic}}}}"},
             {"path":"/orders","method":"PUT","not_secured":true,"target":"kafka","topic":"{{{{topic}}}}"},
             {"path":"/secured","method":"POST"},{"path":"/down","method":"POST","not_secured":true}]}}}
            """);
        await Wait.Until(
            async () =>
            {
                using var response = await Http.PostAsJsonAsync(new Uri(node.Api, "/v1/apis"), definition);
                return response.StatusCode is HttpStatusCode.Created;
            },
            "the definition is there");
    }
}
