using NUnit.Framework;
using RigKafka.Listeners;
using RigKafka.Tests.Proxy;

namespace RigKafka.Tests.Http;

/// <summary>Requests that the server takes although HTTP forbids them reach nothing.</summary>
internal sealed class StrictRequestTests
{
    private TestCertificates _certificates = null!;
    private Service _service = null!;
    private TestApp _app = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _certificates = new TestCertificates();
        _certificates.Renew(5);
        _service = await Service.Start(context => context.Request.Body.CopyToAsync(context.Response.Body));
        _app = await ProxyApp.Start(_certificates.Settings);
        await _app.Define(ProxyApp.Definition("a", _service.Port, ProxyApp.Endpoint("POST", "/x"), ProxyApp.Endpoint("GET", "/x")));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _app.DisposeAsync();
        await _service.DisposeAsync();
        _certificates.Dispose();
    }

    [TestCase("gzip, chunked")]
    [TestCase("identity, chunked")]
    [TestCase("chunked, chunked")]
    [TestCase("gzip\r\nTransfer-Encoding: chunked")]
    public async Task TransferCodingOtherThanChunked_Is501(string coding)
    {
        var answer = await _app.Raw($"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: {coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        Assert.That(answer, Does.StartWith("HTTP/1.1 501").And.EndWith("""{"errors":{"detail":"The only transfer coding that is known is chunked."}}"""));
    }

    /// <summary>Some services end the path there, and would serve another one than was checked.</summary>
    [TestCase("/x#")]
    [TestCase("/x#y")]
    [TestCase("/x/..#")]
    [TestCase("/x?a#b")]
    [TestCase("http://a/x#")]
    public async Task Fragment_IsNoPartOfATarget(string target)
        => Assert.That(await _app.Raw($"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 400").And.EndWith("""{"errors":{"detail":"The target holds a fragment (#)."}}"""));

    [TestCase("1.0", "chunked", "400")]
    [TestCase("1.1", "gzip, chunked", "501")]
    public async Task BodyWhoseEndNobodyKnows_IsTheLastRequestOfItsConnection(string version, string coding, string status)
    {
        var answer = await _app.Raw($"POST /x HTTP/{version}\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: {coding}\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.That(answer, Does.StartWith($"HTTP/1.1 {status}").And.Contain("Connection: close").And.Not.Contain("200 OK"));
    }

    [Test]
    public async Task ChunksInHttp10_WhichHasNone_Are400()
        => Assert.That(await _app.Raw("POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), Does.StartWith("HTTP/1.1 400"));

    /// <summary>RFC 9112, section 6.1: what comes after it may have been meant as a part of it.</summary>
    [Test]
    public async Task LengthBesideChunks_IsTheLastRequestOfItsConnection()
    {
        var answer = await _app.Raw("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.That(answer, Does.StartWith("HTTP/1.1 200").And.Contain("Connection: close").And.Contain("hello"));
        Assert.That(answer.Split("HTTP/1.1 "), Has.Length.EqualTo(2));
        // The length went no further, which the log says once.
        _app.TakeErrors();
    }

    [TestCase("chunked")]
    [TestCase("Chunked")]
    public async Task Chunked_IsTaken(string coding)
        => Assert.That(await _app.Raw($"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: {coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), Does.StartWith("HTTP/1.1 200").And.Contain("hello"));

    [TestCase("X(a")]
    [TestCase("X-Forwarded-(")]
    [TestCase("X\u0001a")]
    [TestCase("X\"a")]
    [TestCase("X/a")]
    public async Task NameThatIsNone_Is400(string name)
        => Assert.That(await _app.RawGet("/x", $"{name}: b\r\n"), Does.StartWith("HTTP/1.1 400").And.EndWith("""{"errors":{"detail":"A header has a name that is none."}}"""));

    [TestCase("x\r\nevil: 1")]
    [TestCase("x a")]
    [TestCase("x:a")]
    [TestCase("x(")]
    [TestCase("x\u0001")]
    [TestCase("transfer-encoding")]
    [TestCase("keep-alive")]
    [TestCase("proxy-connection")]
    [TestCase("upgrade")]
    public async Task FieldThatHasNoPlaceInHttp2_Is400(string name) => Assert.That(await Get("/x", (name, "chunked")), Is.EqualTo("400"));

    [TestCase("connection", "close", "goaway")]
    [TestCase("te", "gzip", "goaway")]
    [TestCase("x-a", "b\r\nevil: 1", "goaway")]
    [TestCase("", "b", "goaway")]
    [TestCase("content-length", "+5", "reset")]
    [TestCase("x-a", "b", "200")]
    [TestCase("te", "trailers", "200")]
    public async Task OtherFieldOfHttp2_IsTheServersMatter(string name, string value, string expected) => Assert.That(await Get("/x", (name, value)), Is.EqualTo(expected));

    /// <summary>The server reads the number and keeps no text, so that nothing of ours can tell this one from 5; the service is sent what was read.</summary>
    [TestCase("+5")]
    [TestCase("05")]
    public async Task LengthThatTheServerReadsLeniently_GoesOnAsTheNumber(string length)
    {
        var seen = "";
        await using var service = await Service.Start(async context =>
        {
            seen = $"{context.Request.Headers.ContentLength}";
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        await _app.Define(ProxyApp.Definition(length, service.Port, ProxyApp.Endpoint("POST", "/length" + length)));
        Assert.That(await _app.Raw($"POST /length{length} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\nhello"), Does.StartWith("HTTP/1.1 200").And.Contain("hello"));
        Assert.That(seen, Is.EqualTo("5"));
    }

    private Task<string> Get(string path, params (string Name, string Value)[] fields) => RawHttp2Request.Get(_app.Services.TlsListenAddresses()!.Value.External, _certificates.Client(), path, fields);
}
