using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>
/// The target of a call: the bytes that are checked are the bytes that are sent, and none that a service could read as another path.
/// </summary>
internal sealed class TargetTests
{
    private const string NoRoute = """{"message":"Route is not available"}""";

    private Service _service = null!;
    private TestApp _app = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await Service.Start(context => context.Response.WriteAsync("target=" + context.Features.Get<IHttpRequestFeature>()!.RawTarget + ";"));
        _app = await ProxyApp.Start();
        await _app.Define(ProxyApp.Definition("all", _service.Port,
            ProxyApp.Endpoint("GET", "/"),
            ProxyApp.Endpoint("GET", "/books/a//b"),
            ProxyApp.Endpoint("GET", "/books/{id}"),
            ProxyApp.Endpoint("GET", "/books/{id}/{part}"),
            ProxyApp.Endpoint("GET", "/books/{id}/{part}/{more}"),
            ProxyApp.Endpoint("GET", "/secret").With("not_secured", false)).With("auth_type", "jwt"));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _app.DisposeAsync();
        await _service.DisposeAsync();
    }

    [TestCase("http://127.0.0.1/books/%252e%252e%252fsecret", "/books/%252e%252e%252fsecret")]
    [TestCase("http://127.0.0.1/books/%2561?q=%2e%252e", "/books/%2561?q=%2e%252e")]
    [TestCase("http://127.0.0.1/books/a%2Fb", "/books/a%2Fb")]
    [TestCase("http://127.0.0.1/books/%7Ejoe;a/x", "/books/%7Ejoe;a/x")]
    [TestCase("http://127.0.0.1/books/%e9", "/books/%e9")]
    [TestCase("http://127.0.0.1/books/a//b", "/books/a//b")]
    [TestCase("http://127.0.0.1/books/x?", "/books/x?")]
    [TestCase("http://127.0.0.1/books/x?a=/../b", "/books/x?a=/../b")]
    [TestCase("http://127.0.0.1/books/x?q=%00", "/books/x?q=%00")]
    [TestCase("http://127.0.0.1/", "/")]
    [TestCase("http://127.0.0.1", "/")]
    [TestCase("http://127.0.0.1?a=1", "/?a=1")]
    public async Task AbsoluteForm_LosesSchemeAndAuthority_AndGoesOnAsItIs(string target, string expected)
        => Assert.That(await _app.RawGet(target), Does.StartWith("HTTP/1.1 200").And.Contain($"target={expected};"));

    [TestCase("http://127.0.0.1/secret", "401")]
    [TestCase("http://127.0.0.1/%73ecret", "401")]
    [TestCase("http://127.0.0.1/books/../secret", "404")]
    [TestCase("http://127.0.0.1/books/%2e%2e/secret", "404")]
    [TestCase("http://127.0.0.1/books/%2e%2e%2fsecret", "404")]
    [TestCase("http://127.0.0.1/nowhere", "404")]
    public async Task AbsoluteForm_IsCheckedLikeAnyOther(string target, string status)
        => Assert.That(await _app.RawGet(target), Does.StartWith("HTTP/1.1 " + status));

    [Test]
    public async Task AsteriskForm_IsNoRoute()
        => Assert.That(await _app.Raw("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 404"));

    [TestCase("/books/..")]
    [TestCase("/books/%2e%2E/x")]
    [TestCase("/books/..;/secret")]
    [TestCase("/books/..;a=b/secret")]
    [TestCase("/books/.;/x")]
    [TestCase("/books/.;a=b")]
    [TestCase("/books/%2e%2e;/secret")]
    [TestCase("/books/%2e.;/secret")]
    [TestCase("/books/..%3b/secret")]
    [TestCase("/books/..%3B%2fsecret")]
    [TestCase("/books/%c0%ae%c0%ae/secret")]
    [TestCase("/books/%C0%AE./secret")]
    [TestCase("/books/..%c0%afsecret")]
    [TestCase("/books/x%c0%af")]
    [TestCase("/books/x%c1%9cy")]
    [TestCase("/books/%e0%80%ae%e0%80%ae/secret")]
    [TestCase("/books/x%e0%80%afy")]
    [TestCase("/books/x%e0%81%9cy")]
    [TestCase("/books/%f0%80%80%ae")]
    [TestCase("/books/x%f0%80%80%afy")]
    [TestCase("/books/x%f0%80%81%9cy")]
    [TestCase("/books/%f8%80%80%80%ae")]
    [TestCase("/books/%fc%80%80%80%80%ae")]
    [TestCase("/books/x\\y")]
    [TestCase("/books/x%5cy")]
    [TestCase("/books/%5C")]
    [TestCase("http://127.0.0.1/books/..;/secret")]
    [TestCase("http://127.0.0.1/books/x%5Cy")]
    [TestCase("http://127.0.0.1/books/x\\y")]
    [TestCase("http://127.0.0.1/books/%c0%ae%c0%ae/secret")]
    public async Task PathThatServicesMightReadAsAnother_IsNoRoute(string target)
        => Assert.That(await _app.RawGet(target), Does.StartWith("HTTP/1.1 404").And.Contain("\r\n\r\n" + NoRoute));

    /// <summary>The server itself refuses these, before anything of ours is asked.</summary>
    [TestCase("/books/x%00y")]
    [TestCase("http://127.0.0.1/books/x%00y")]
    [TestCase("HTTP://127.0.0.1/books/..;/secret")]
    [TestCase("/books/\u00c0\u00ae\u00c0\u00ae/secret")]
    public async Task PathThatTheServerRefuses_Is400(string target)
        => Assert.That(await _app.RawGet(target), Does.StartWith("HTTP/1.1 400"));

    [TestCase("/books/x;a=b/y")]
    [TestCase("/books/;")]
    [TestCase("/books/...;a")]
    [TestCase("/books/a..;b")]
    [TestCase("/books/;..")]
    [TestCase("/books/a//b")]
    [TestCase("/books/%e9")]
    [TestCase("/books/%c0x")]
    [TestCase("/books/%c0")]
    [TestCase("/books/%c3%a9%e0%a0%ae")]
    [TestCase("/books/%252e%252e")]
    [TestCase("/books/%255c")]
    [TestCase("/books/a%2Fb")]
    [TestCase("/books/.a")]
    [TestCase("/books/%zz")]
    [TestCase("/books/x?p=..;/%5c%00/../%c0%ae")]
    public async Task AnyOtherPath_GoesThroughAsItIs(string target)
        => Assert.That(await _app.RawGet(target), Does.StartWith("HTTP/1.1 200").And.Contain($"target={target};"));
}
