using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>
/// What a page of another origin may read of the gateway's own answers on proxied paths. Those of a service are the service's.
/// </summary>
internal sealed class ProxyCorsTests
{
    private const string Page = "https://app.example";
    private const string Origin = $"Origin: {Page}\r\n";

    private Service _service = null!;

    [OneTimeSetUp]
    public async Task Start() => _service = await Service.Start(async context =>
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        if (context.Request.Path.Value!.EndsWith("/cors", StringComparison.Ordinal))
        {
            context.Response.Headers.AccessControlAllowOrigin = "https://of-the-service.example";
            context.Response.Headers.Vary = "Accept";
        }
        else if (context.Request.Path.Value.EndsWith("/slow", StringComparison.Ordinal))
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
    });

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [TestCase("GET /secured", "401")]
    [TestCase("DELETE /x/plain", "404")]
    [TestCase("BREW /x/plain", "405")]
    [TestCase("POST /x/plain", "413")]
    [TestCase("GET /loop", "508")]
    [TestCase("GET /down", "502")]
    [TestCase("GET /nowhere-at-all", "502")]
    [TestCase("GET /slow", "504")]
    public async Task OwnAnswerOnADefinedPath_NamesTheOrigin(string call, string status)
    {
        (string, string?, string?)[] cases =
        [
            (Page, $"Access-Control-Allow-Origin: {Page}\r\n", "Vary: Origin\r\n"),
            ("*", "Access-Control-Allow-Origin: *\r\n", null),
            ("https://other.example", null, null),
        ];
        foreach (var (allowed, expected, vary) in cases)
        {
            await using var app = await Define(allowed);
            var answer = await Call(app, call, Origin);
            Assert.That(answer, Does.StartWith("HTTP/1.1 " + status));
            Assert.That(Lines(answer, "Access-Control-"), Is.EqualTo(expected ?? ""));
            Assert.That(Lines(answer, "Vary"), Is.EqualTo(vary ?? ""));
            app.TakeErrors();
        }
    }

    [Test]
    public async Task TooManyCalls_NameTheOrigin()
    {
        await using var app = await Define(
            Page,
            new() { ["RATE_LIMIT_ENABLED"] = "true", ["RATE_LIMIT_AVG_RATE_PER_SEC"] = "0", ["RATE_LIMIT_BURST_SIZE"] = "1" });
        await Call(app, "GET /x/plain", Origin);
        var answer = await Call(app, "GET /x/plain", Origin);
        Assert.That(answer, Does.StartWith("HTTP/1.1 429"));
        Assert.That(Lines(answer, "Access-Control-"), Is.EqualTo($"Access-Control-Allow-Origin: {Page}\r\n"));
        app.TakeErrors();
    }

    [Test]
    public async Task Answers_OfAService_AreTheServices()
    {
        await using var app = await Define(Page);
        Assert.That(Lines(await Call(app, "GET /x/plain", Origin), "Access-Control-"), Is.Empty);
        var answer = await Call(app, "GET /x/cors", Origin);
        Assert.That(Lines(answer, "Access-Control-"), Is.EqualTo("Access-Control-Allow-Origin: https://of-the-service.example\r\n"));
        Assert.That(Lines(answer, "Vary"), Is.EqualTo("Vary: Accept\r\n"));
    }

    [TestCase("GET /undefined", Origin)]
    [TestCase("GET /x/..;", Origin)]
    [TestCase("OPTIONS /x/plain", "")]
    public async Task OtherAnswers_NameNone(string call, string headers)
    {
        await using var app = await Define(Page);
        var answer = await Call(app, call, headers);
        Assert.That(answer, Does.StartWith("HTTP/1.1 404"));
        Assert.That(Lines(answer, "Access-Control-"), Is.Empty);
    }

    /// <summary>The answer of an endpoint that forwards is for its service to give.</summary>
    [Test]
    public async Task Preflight_OfAForwardedCall_IsNotAnsweredByTheGateway()
    {
        await using var app = await Define(Page);
        Assert.That(
            await Call(app, "OPTIONS /x/plain", Origin + "Access-Control-Request-Method: POST\r\n"),
            Does.StartWith("HTTP/1.1 404"));
    }

    private static Task<string> Call(TestApp app, string call, string headers)
        => app.Raw($"{call} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}{(call.StartsWith("POST", StringComparison.Ordinal) ? "Content-Length: 11\r\n\r\n0123456789a" : "\r\n")}");

    private static string Lines(string answer, string start)
        => string.Concat(answer.Split("\r\n\r\n")[0].Split("\r\n").Where(line => line.StartsWith(start, StringComparison.OrdinalIgnoreCase)).Order().Select(line => line + "\r\n"));

    private async Task<TestApp> Define(string allowed, Dictionary<string, string?>? settings = null)
    {
        var app = await ProxyApp.Start(new(settings ?? [])
        {
            ["ALLOWED_ORIGINS"] = allowed,
            ["PROXY_BODY_MAX_BYTES"] = "10",
            ["NO_HOST"] = "http://a@b/c",
        });
        var slow = ProxyApp.Endpoint("GET", "/slow").With("response_timeout_ms", 200);
        await app.Define(ProxyApp.Definition("a", _service.Port, ProxyApp.Endpoint("GET", "/x/{id}"), ProxyApp.Endpoint("POST", "/x/{id}"), slow));
        var secured = ProxyApp.Endpoint("GET", "/secured").With("not_secured", false);
        await app.Define(ProxyApp.Definition("b", _service.Port, secured).With("auth_type", "jwt"));
        await app.Define(ProxyApp.Definition("c", app.External.BaseAddress!.Port, ProxyApp.Endpoint("GET", "/loop")));
        await using var gone = RawService.Start((_, _) => Task.CompletedTask);
        await app.Define(ProxyApp.Definition("d", gone.Port, ProxyApp.Endpoint("GET", "/down")));
        await app.Define(ProxyApp.Definition("e", 80, ProxyApp.Endpoint("GET", "/nowhere-at-all")).AtHostOf("NO_HOST"));
        return app;
    }
}
