using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Http;

namespace RigKafka.Tests.Http;

internal sealed class ApiBranchTests
{
    private TestApp _app = null!;

    [SetUp]
    public async Task Start() => _app = await TestApp.Start(api: routes =>
    {
        routes.MapGet("/v1/things", context => context.AnswerBare(200, "things"));
        routes.MapGet("/v1/status/{status:int}", context =>
        {
            context.Response.StatusCode = int.Parse((string)context.Request.RouteValues["status"]!, null);
            return Task.CompletedTask;
        });
        routes.MapGet("/v1/own", context => context.AnswerBare(404, "my own words"));
        routes.MapGet("/v1/detail", context => context.AnswerError(503, "Say \"why\""));
        routes.MapGet("/v1/crash", _ => throw new InvalidOperationException("crashed"));
        routes.MapGet("/v1/bad", _ => throw new BadHttpRequestException("no", StatusCodes.Status413PayloadTooLarge));
    });

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("GET", "/", 404, "Not found")]
    [TestCase("GET", "/v1/things/7", 404, "Not found")]
    [TestCase("GET", "/v1/things//", 404, "Not found")]
    [TestCase("POST", "/v1/things", 404, "Not found")]
    [TestCase("GET", "/v1/status/404", 404, "Not found")]
    [TestCase("GET", "/v1/status/400", 400, "Bad request")]
    [TestCase("GET", "/v1/status/415", 415, "Bad request")]
    [TestCase("GET", "/v1/status/500", 500, "Internal server error")]
    [TestCase("GET", "/v1/status/503", 503, "Internal server error")]
    [TestCase("GET", "/v1/bad", 413, "Bad request")]
    public async Task Error_IsJson_InTheOriginalsShape(string method, string path, int status, string detail)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "accept", "text/html" } } };
        using var response = await _app.Api.SendAsync(request);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo($$$"""{"errors":{"detail":"{{{detail}}}"}}"""));
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/json; charset=utf-8"));
        Assert.That(response.Content.Headers.Allow, Is.Empty);
        Assert.That(response.Headers.Contains(RequestId.Header));
        Assert.That(response.Headers.CacheControl!.Private);
    }

    [Test]
    public async Task Crash_Is500_AndLogged_WithTheRoute()
    {
        using var response = await _app.Api.GetAsync("/v1/crash");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"errors":{"detail":"Internal server error"}}"""));
        Assert.That(response.Headers.GetValues(RequestId.Header).Count(), Is.EqualTo(1));
        Assert.That(_app.TakeErrors().Single(), Is.EqualTo("1400 GET /v1/crash failed. InvalidOperationException"));
    }

    [Test]
    public async Task AnswersOwnBody_IsLeftAlone()
    {
        using var response = await _app.Api.GetAsync("/v1/own");
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("my own words"));
        Assert.That(response.Content.Headers.ContentType, Is.Null);
    }

    [Test]
    public async Task AnswerError_Detail_IsEscaped()
    {
        using var response = await _app.Api.GetAsync("/v1/detail");
        using var json = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.That(json.RootElement.GetProperty("errors").GetProperty("detail").GetString(), Is.EqualTo("Say \"why\""));
    }

    [Test]
    public async Task OneTrailingSlash_IsTolerated()
        => Assert.That(await _app.Api.GetStringAsync("/v1/things/"), Is.EqualTo("things"));

    [Test]
    public async Task Head_IsAnsweredAsGet_WithoutABody()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/v1/things");
        using var response = await _app.Api.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo("things".Length));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
        Assert.That(await _app.Api.GetStringAsync("/v1/things"), Is.EqualTo("things"), "the connection is still in step");
    }

    [TestCase(20, true)]
    [TestCase(200, true)]
    [TestCase(19, false)]
    [TestCase(201, false)]
    public async Task RequestId_OfTheRequest_IsEchoed_WhenItsLengthFits(int length, bool echoed)
        => Assert.That(await RequestIdFor(new string('r', length)), echoed ? Is.EqualTo(new string('r', length)) : Does.Match("^[0-9a-v]{32}$"));

    [Test]
    public async Task RequestId_ThatNoHeaderCanHold_IsReplaced()
        => Assert.That(await RequestIdFor("äöü" + new string('r', 30)), Does.Match("^[0-9a-v]{32}$"));

    [Test]
    public async Task RequestId_WithoutOne_IsRandom()
    {
        var first = await RequestIdFor(null);
        var second = await RequestIdFor(null);
        Assert.That(second, Is.Not.EqualTo(first));
    }

    private async Task<string> RequestIdFor(string? asked)
    {
        using var client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 }) { BaseAddress = _app.Api.BaseAddress, Timeout = Limits.Hang };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/things");
        if (asked is not null)
        {
            request.Headers.TryAddWithoutValidation(RequestId.Header, asked);
        }

        using var response = await client.SendAsync(request);
        return response.Headers.GetValues(RequestId.Header).Single();
    }
}
