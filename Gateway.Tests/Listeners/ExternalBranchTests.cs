using System.Net;
using Microsoft.AspNetCore.Builder;
using NUnit.Framework;
using RigKafka.Http;

namespace RigKafka.Tests.Listeners;

internal sealed class ExternalBranchTests
{
    private TestApp _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await TestApp.Start(external: routes =>
    {
        routes.MapGet("/socket/sse", context => context.AnswerBare(200, "stream"));
        routes.MapGet("/health", context => context.AnswerBare(200, "OK"));
    });

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("GET", "/")]
    [TestCase("GET", "/v1/messages")]
    [TestCase("GET", "/socket")]
    [TestCase("GET", "/socket/other")]
    [TestCase("DELETE", "/health")]
    [TestCase("GET", "/health//")]
    public async Task UnknownRoute_Is404Bare_WithARequestId(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _app.External.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("""{"message":"Route is not available"}"""));
        Assert.That(response.Content.Headers.ContentType, Is.Null);
        Assert.That(response.Content.Headers.Allow, Is.Empty);
        Assert.That(response.Headers.GetValues(RequestId.Header).Single(), Has.Length.EqualTo(32));
        Assert.That(response.Headers.CacheControl!.ToString(), Is.EqualTo("must-revalidate, max-age=0, private"));
    }

    [TestCase("/socket/sse", false)]
    [TestCase("/socket/sse/", false)]
    [TestCase("/health", true)]
    [TestCase("/health/", true)]
    public async Task KnownRoute_HasARequestId_UnlessItIsASocket(string path, bool expected)
    {
        using var response = await _app.External.GetAsync(path);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Headers.Contains(RequestId.Header), Is.EqualTo(expected));
    }
}
