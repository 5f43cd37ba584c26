using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RigKafka.Tests.Proxy;

namespace RigKafka.Tests.Apis;

/// <summary><c>/v1/apis</c> as operators meet it.</summary>
internal sealed class ApisEndpointsTests
{
    private const string Ok = """{"message":"ok"}""";

    private TestApp _app = null!;

    [SetUp]
    public async Task Start() => _app = await ProxyApp.Start();

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task List_OmitsTheDeactivated_AndIsInOrderOfId()
    {
        await _app.Define(Definition("b"));
        await _app.Define(Definition("c").With("active", false));
        await _app.Define(Definition("a"));
        using var response = await _app.Api.GetAsync("/v1/apis");
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/json; charset=utf-8"));
        Assert.That(
            JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsArray().Select(api => (string?)api!["id"]),
            Is.EqualTo(["a", "b"]));
    }

    [Test]
    public async Task Get_GivesWhatWasGiven_DefaultsFilledIn()
    {
        await _app.Define(Definition("new-service").With("custom", "kept ä"));
        var api = JsonNode.Parse(await _app.Api.GetStringAsync("/v1/apis/new-service"))!;
        Assert.That((string?)api["custom"], Is.EqualTo("kept ä"));
        Assert.That((bool?)api["active"], Is.True);
        Assert.That((string?)api["auth_type"], Is.EqualTo("none"));
        Assert.That((bool?)api["versioned"], Is.False);
        Assert.That(api["auth"]!.ToJsonString(), Is.EqualTo("""{"use_header":false,"header_name":"","use_query":false,"query_name":""}"""));
        Assert.That((int?)api["ref_number"], Is.Zero);
        Assert.That((string?)api["timestamp"], Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"));
        Assert.That((string?)api["node_name"], Does.StartWith("rig@"));
    }

    [Test]
    public async Task Get_Unknown_Is404()
        => await Expect(
            await _app.Api.GetAsync("/v1/apis/x'y"),
            HttpStatusCode.NotFound,
            """{"message":"API with id=x'y doesn't exists."}""");

    [Test]
    public async Task Get_Deactivated_Is404()
    {
        await _app.Define(Definition("x").With("active", false));
        await Expect(await _app.Api.GetAsync("/v1/apis/x"), HttpStatusCode.NotFound, """{"message":"API with id=x doesn't exists."}""");
    }

    [Test]
    public async Task Post_New_Is201()
        => await Expect(await _app.PostApi(Definition("new-service").ToJsonString()), HttpStatusCode.Created, Ok);

    [Test]
    public async Task Post_WithAByteOrderMark_Is201()
        => await Expect(await _app.PostApi("\uFEFF" + Definition("new-service").ToJsonString()), HttpStatusCode.Created, Ok);

    [Test]
    public async Task Post_Existing_Is409()
    {
        await _app.Define(Definition("new-service"));
        await Expect(
            await _app.PostApi(Definition("new-service").ToJsonString()),
            HttpStatusCode.Conflict,
            """{"message":"API with id=new-service already exists."}""");
    }

    [Test]
    public async Task Post_OverADeactivated_Is201_AndCountsOn()
    {
        await _app.Define(Definition("x"));
        await _app.Api.DeleteAsync("/v1/apis/x");
        await Expect(await _app.PostApi(Definition("x").ToJsonString()), HttpStatusCode.Created, Ok);
        Assert.That((int?)JsonNode.Parse(await _app.Api.GetStringAsync("/v1/apis/x"))!["ref_number"], Is.EqualTo(2));
    }

    [Test]
    public async Task Post_OfACompleteDefinition_KeepsAllGivenValues()
    {
        var given = Definition("x").With("name", "n").With("active", true).With("auth_type", "none")
            .With("auth", new JsonObject { ["use_header"] = true, ["header_name"] = "h" })
            .With("versioned", false).With("ref_number", 7).With("timestamp", "2018-01-01T00:00:00.000000Z")
                .With("node_name", "rig@elsewhere");
        await _app.Define(given);
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(await _app.Api.GetStringAsync("/v1/apis/x")), given), Is.True);
    }

    [Test]
    public async Task Post_OfManyMistakes_Is400WithAllOfThem_AndChangesNothing()
    {
        using var response = await _app.PostApi("""{"id":"x","version_data":{"default":{"endpoints":[{"path":"y","method":"FETCH"}]}}}""");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        var errors = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["errors"]!;
        Assert.That((string?)errors["detail"], Is.EqualTo("Bad request"));
        Assert.That(
            errors["definition"]!.AsArray().Select(mistake => ((string)mistake!).Split(':')[0]),
            Is.EqualTo(["version_data.default.endpoints[0].path", "version_data.default.endpoints[0].method", "proxy"]));
        Assert.That(await _app.Api.GetStringAsync("/v1/apis"), Is.EqualTo("[]"));
    }

    [TestCase("", "application/json", 400)]
    [TestCase("[]", "application/json", 400)]
    [TestCase("{", "application/json", 400)]
    [TestCase("""{"id":5}""", "application/json", 400)]
    [TestCase("{}", "text/plain", 415)]
    public async Task Post_OfNoDefinition_IsRefused(string body, string type, int status)
    {
        using var response = await _app.Api.PostAsync("/v1/apis", new StringContent(body, Encoding.UTF8, type));
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(
            JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement
                .GetProperty("errors")
                .GetProperty("detail")
                .GetString(),
            Is.EqualTo("Bad request"));
    }

    [TestCase("""["a b"]""", "expected names of headers")]
    [TestCase("""[7]""", "expected an array of texts")]
    [TestCase("\"x_tenant\"", "expected an array of texts")]
    public async Task Post_OfADefinitionThatNamesNoHeaders_Is400(string names, string expected)
    {
        var definition = ProxyApp.Definition("a", 80, ProxyApp.Endpoint("GET", "/x"));
        definition["version_data"]!["default"]!["pass_request_headers"] = JsonNode.Parse(names);
        using var response = await _app.PostApi(definition.ToJsonString());
        Assert.That(
            await response.Content.ReadAsStringAsync(),
            Is.EqualTo($$$"""{"errors":{"detail":"Bad request","definition":["version_data.default.pass_request_headers: {{{expected}}}."]}}"""));
    }

    [Test]
    public async Task Post_OfADefinitionThatAimsAtASetting_Is400()
    {
        var api = ProxyApp.Definition("own", 80, ProxyApp.Endpoint("GET", "/x"));
        api.AtHostOf("JWT_SECRET_KEY");
        using var answer = await _app.PostApi(api.ToJsonString());
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(
            (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]!["definition"]![0],
            Is.EqualTo("proxy.target_url: expected a variable that is no setting of the gateway."));
    }

    [Test]
    public async Task Post_TooLarge_Is413()
    {
        using var response = await _app.PostApi(Definition("x").With("note", new string('x', 1_000_000)).ToJsonString());
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task Put_LaysTheGivenOverTheStored_AtTheTopLevel()
    {
        await _app.Define(Definition("x").With("name", "old").With("auth_type", "jwt").With("auth", new JsonObject { ["use_query"] = true, ["query_name"] = "t" }));
        await Expect(
            await Put("x", """{"id":"other","name":"new","auth":{"use_query":true,"query_name":"token"}}"""),
            HttpStatusCode.OK,
            Ok);
        var api = JsonNode.Parse(await _app.Api.GetStringAsync("/v1/apis/x"))!;
        Assert.That((string?)api["name"], Is.EqualTo("new"));
        // No default is filled in again, and jwt forces nothing.
        Assert.That(api["auth"]!.ToJsonString(), Is.EqualTo("""{"use_query":true,"query_name":"token"}"""));
        Assert.That((int?)api["ref_number"], Is.EqualTo(1));
    }

    [Test]
    public async Task Put_ThatWouldBreakIt_Is400_AndChangesNothing()
    {
        await _app.Define(Definition("x"));
        using var response = await Put("x", """{"proxy":{}}""");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((int?)JsonNode.Parse(await _app.Api.GetStringAsync("/v1/apis/x"))!["ref_number"], Is.Zero);
    }

    [Test]
    public async Task Put_Unknown_Is404()
        => await Expect(await Put("x", "{}"), HttpStatusCode.NotFound, """{"message":"API with id=x doesn't exists."}""");

    [Test]
    public async Task Put_Deactivated_Is404()
    {
        await _app.Define(Definition("x").With("active", false));
        await Expect(await Put("x", """{"active":true}"""), HttpStatusCode.NotFound, """{"message":"API with id=x doesn't exists."}""");
    }

    [Test]
    public async Task Delete_Existing_Is204WithoutABody()
    {
        await _app.Define(Definition("x"));
        await Expect(await _app.Api.DeleteAsync("/v1/apis/x"), HttpStatusCode.NoContent, "");
        await Expect(await _app.Api.GetAsync("/v1/apis/x"), HttpStatusCode.NotFound, """{"message":"API with id=x doesn't exists."}""");
    }

    [Test]
    public async Task Delete_Unknown_Is404()
        => await Expect(
            await _app.Api.DeleteAsync("/v1/apis/x"),
            HttpStatusCode.NotFound,
            """{"message":"API with id=x doesn't exists."}""");

    [Test]
    public async Task Delete_Deactivated_Is404()
    {
        await _app.Define(Definition("x").With("active", false));
        await Expect(await _app.Api.DeleteAsync("/v1/apis/x"), HttpStatusCode.NotFound, """{"message":"API with id=x doesn't exists."}""");
    }

    [Test]
    public async Task Patch_IsNoRoute()
    {
        using var response = await _app.Api.PatchAsync("/v1/apis/x", new StringContent("{}"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private static JsonObject Definition(string id) => ProxyApp.Definition(id, 80, ProxyApp.Endpoint("GET", "/x"));

    private Task<HttpResponseMessage> Put(string id, string json)
        => _app.Api.PutAsync("/v1/apis/" + id, new StringContent(json, Encoding.UTF8, "application/json"));

    private static async Task Expect(HttpResponseMessage response, HttpStatusCode status, string body)
    {
        using (response)
        {
            Assert.That(response.StatusCode, Is.EqualTo(status));
            Assert.That(await response.Content.ReadAsStringAsync().Soon(), Is.EqualTo(body));
        }
    }
}
