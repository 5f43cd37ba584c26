using System.IO.Compression;
using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Pages;

/// <summary>Which bodies the calls of the API port take.</summary>
internal sealed class ApiBodyTests : ApiCallsFixture
{
    private GatewayNode _node = null!;

    [OneTimeSetUp]
    public async Task Start() => _node = await GatewayNode.Start(new() { ["DEMO_ENABLED"] = "true" });

    [OneTimeTearDown]
    public async Task Stop() => await _node.DisposeAsync();

    [TestCase("POST", "/v1/apis", 400)]
    [TestCase("PUT", "/v1/apis/x", 400)]
    [TestCase("PUT", "/v1/blacklist/s1", 200)]
    [TestCase("PUT", "/v1/blacklist/users/u", 200)]
    [TestCase("DELETE", "/v1/blacklist/s1", 204)]
    [TestCase("DELETE", "/v1/users/u/sessions/s1", 204)]
    [TestCase("POST", "/demo/token?user=a", 200)]
    [TestCase("GET", "/v1/apis", 200)]
    [TestCase("POST", "/v1/messages?user=a", 202, 202)]
    public async Task Body_WithoutAContentType_Is415_AndNoBodyNeedsNone(string method, string path, int without, int untyped = 415)
    {
        using var connection = await RawConnection.Open(_node.Api);
        foreach (var (body, status) in new[]
        {
            ("\r\n", without),
            ("Content-Length: 0\r\n\r\n", without),
            ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", without),
            ("Content-Length: 2\r\n\r\n{}", untyped),
            ("Content-Length: 2\r\nContent-Type:\r\n\r\n{}", untyped),
            ("Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", untyped),
        })
        {
            await connection.Send($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{body}");
            var answer = await connection.ReadHead().Soon();
            if (answer.Status != 204)
            {
                await connection.ReadBody(answer).Soon();
            }

            Assert.That(answer.Status, Is.EqualTo(status), body);
        }
    }

    [TestCase("PUT", "/v1/blacklist/zipped", """{"ttl_seconds":60}""", 200, 4096)]
    [TestCase("PUT", "/v1/blacklist/users/zipped", """{"ttl_seconds":60}""", 200, 4096)]
    [TestCase("POST", "/v1/apis", """{"id":"zipped","version_data":{"default":{"endpoints":[]}},"proxy":{"use_env":false,"target_url":"h","port":1}}""", 201, 921_600)]
    [TestCase("PUT", "/v1/apis/zipped", """{"name":"zipped"}""", 200, 921_600)]
    public async Task Gzip_IsTaken_WithinTheLimit_AndNoOtherCoding(string method, string path, string json, int status, int limit)
    {
        if (path == "/v1/apis/zipped")
        {
            using var added = await Ask(_node, HttpMethod.Post, "/v1/apis", new StringContent("""{"id":"zipped","version_data":{"default":{"endpoints":[]}},"proxy":{"use_env":false,"target_url":"h","port":1}}""", Encoding.UTF8, "application/json"));
        }

        await Expect(_node, new HttpMethod(method), path, 413, Zipped(json + new string(' ', limit), "gzip"));
        await Expect(_node, new HttpMethod(method), path, 400, Zipped("{", "gzip"));
        using var other = await Ask(_node, new HttpMethod(method), path, Zipped(json, "br"));
        Assert.That((int)other.StatusCode, Is.EqualTo(415));
        Assert.That(other.Headers.GetValues("accept-encoding"), Is.EqualTo(["gzip"]));
        using var taken = await Ask(_node, new HttpMethod(method), path, Zipped(json, "gzip"));
        Assert.That((int)taken.StatusCode, Is.EqualTo(status));
        if (path.StartsWith("/v1/apis", StringComparison.Ordinal))
        {
            using var removed = await Ask(_node, HttpMethod.Delete, "/v1/apis/zipped", null);
        }
    }

    /// <summary>A client that is not told sends its next request on a connection that is about to be closed.</summary>
    [TestCase("PUT", "/v1/blacklist/s1", 5000)]
    [TestCase("PUT", "/v1/blacklist/users/u", 5000)]
    [TestCase("POST", "/v1/apis", 1_000_000)]
    [TestCase("PUT", "/v1/apis/x", 1_000_000)]
    public async Task Body_OverTheLimit_Is413_AndSaysThatTheConnectionEnds(string method, string path, int length)
    {
        var head = $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        foreach (var body in new[]
        {
            $"Content-Length: {length}\r\n\r\n{new string(' ', length)}",
            $"Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{new string(' ', length)}\r\n0\r\n\r\n",
        })
        {
            using var connection = await RawConnection.Open(_node.Api);
            await connection.Send(head + body);
            var answer = await connection.ReadHead().Soon();
            Assert.That((answer.Status, answer["connection"]), Is.EqualTo((413, "close")), body[..20]);
        }

        using var other = await RawConnection.Open(_node.Api);
        await other.Send($"{head}Content-Length: 2\r\nContent-Encoding: br\r\n\r\n{{}}");
        var refused = await other.ReadHead().Soon();
        Assert.That((refused.Status, refused["connection"]), Is.EqualTo((415, (string?)null)));
    }

    private static ByteArrayContent Zipped(string text, string coding)
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
        {
            zip.Write(Encoding.UTF8.GetBytes(text));
        }

        var content = new ByteArrayContent(zipped.ToArray());
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add(coding);
        return content;
    }
}
