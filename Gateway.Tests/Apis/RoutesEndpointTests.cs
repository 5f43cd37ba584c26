using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RigKafka.Tests.Proxy;

namespace RigKafka.Tests.Apis;

/// <summary>An operator asks which endpoint would take a call.</summary>
internal sealed class RoutesEndpointTests
{
    private const string Books = """{"id":"books","name":"books","auth_type":"jwt","proxy":{"use_env":false,"target_url":"http://service","port":3000},"version_data":{"default":{"endpoints":[{"id":"one","method":"GET","path":"/books/{id}"},{"id":"add","method":"POST","path":"/books","not_secured":true}]}}}""";

    private TestApp _app = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _app = await ProxyApp.Start();
        await _app.Define(JsonNode.Parse(Books)!.AsObject());
    }

    [OneTimeTearDown]
    public Task Stop() => _app.DisposeAsync().AsTask();

    [TestCase("path=/books/1", "one", true)]
    [TestCase("path=/books/a%2520b?page=2", "one", true)]
    [TestCase("method=POST&path=/books", "add", false)]
    [TestCase("method=HEAD&path=/books/1", "one", true)]
    public async Task Call_ThatAnEndpointTakes(string query, string endpoint, bool isSecured)
    {
        var route = (await Ask(query)).GetProperty("route");
        Assert.That((route.GetProperty("api").GetString(), route.GetProperty("endpoint").GetString(), route.GetProperty("target").GetString(), route.GetProperty("secured").GetBoolean()), Is.EqualTo(("books", endpoint, "http://service:3000", isSecured)));
    }

    [TestCase("path=/nothing", "No endpoint of an active definition has this path.")]
    [TestCase("path=/books/a%252Fb/c", "No endpoint of an active definition has this path.")]
    [TestCase("path=/books", "The path has endpoints, but only for POST.")]
    [TestCase("method=get&path=/books/1", "No endpoint can have this method: expected GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS, in capital letters.")]
    [TestCase("path=/socket/sse", "Paths below /socket are those of the streams: none of them is passed on.")]
    [TestCase("path=/books/..", "Some services would make another path of this one (a dot segment, a backslash): it is not passed on.")]
    public async Task Call_ThatNoEndpointTakes_IsToldWhy(string query, string why)
    {
        var answer = await Ask(query);
        Assert.That((answer.GetProperty("route").ValueKind, answer.GetProperty("why").GetString()), Is.EqualTo((JsonValueKind.Null, why)));
    }

    [TestCase("")]
    [TestCase("path=books")]
    public async Task Question_WithoutAPath_IsRefused(string query)
    {
        using var answer = await _app.Api.GetAsync($"/v1/routes?{query}").Soon();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    private async Task<JsonElement> Ask(string query)
    {
        using var answer = await _app.Api.GetAsync($"/v1/routes?{query}").Soon();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }
}
