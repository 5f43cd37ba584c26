using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NUnit.Framework;

namespace RigKafka.Tests.Publishing;

/// <summary>Bodies that are compressed.</summary>
internal sealed class PublishCodingTests : PublishingFixture
{
    private const string Message = """{"user":"a","text":"zipped"}""";

    private static readonly string[] OneUnsupported = ["415", "gzip"];

    [TestCase("gzip", "application/json", false)]
    [TestCase("gzip", "application/json", true)]
    [TestCase("GZIP", "application/json", false)]
    [TestCase("x-gzip", "application/json", false)]
    [TestCase("identity, gzip", "application/json", false)]
    public async Task Gzip_IsStoredDecompressed(string coding, string type, bool chunked)
    {
        using var response = await Post(Zip(Message), coding, type, chunked);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo([Message]));
    }

    [Test]
    public async Task Gzip_OfAForm_IsStored_InSeveralMembersToo()
    {
        byte[] twoMembers = [.. Zip("user=a&te"), .. Zip("xt=t")];
        using var response = await Post(twoMembers, "gzip", "application/x-www-form-urlencoded");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take().Single(), Is.EqualTo("""{"text":"t","user":"a"}""").Or.EqualTo("""{"user":"a","text":"t"}"""));
    }

    [TestCase("br")]
    [TestCase("deflate")]
    [TestCase("zstd")]
    [TestCase("gzip, gzip")]
    [TestCase("gzip, br")]
    [TestCase("compress")]
    [TestCase("*")]
    public async Task OtherCoding_Is415_AndSaysWhatWouldDo(string coding)
    {
        using var response = await Post(Zip(Message), coding);
        Assert.That(
            new[] { $"{(int)response.StatusCode}", string.Join(',', response.Headers.TryGetValues("accept-encoding", out var values) ? values : []) },
            Is.EqualTo(OneUnsupported));
        await ExpectDetail(response, HttpStatusCode.UnsupportedMediaType, "Bad request: expected a body that is not compressed, or with gzip.");
        Assert.That(Log.Take(), Is.Empty);
    }

    [Test]
    public async Task Gzip_OfAFormThatBreaksOff_Is400()
    {
        using var response = await Post(
            Zip($"user=a&text={Guid.NewGuid()}{Guid.NewGuid()}")[..^20],
            "gzip",
            "application/x-www-form-urlencoded");
        await ExpectDetail(response, HttpStatusCode.BadRequest, BadGzip);
        Assert.That(Log.Take(), Is.Empty);
    }

    [Test]
    public async Task Identity_IsNone()
    {
        using var response = await Post(Encoding.UTF8.GetBytes(Message), "identity");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    [TestCase("plain")]
    [TestCase("cut")]
    [TestCase("damaged")]
    public async Task Gzip_ThatIsNone_Is400(string how)
    {
        var body = Zip(Message);
        body = how switch { "plain" => Encoding.UTF8.GetBytes(Message), "cut" => body[..^9], _ => [.. body[..^6], 1, 2, .. body[^4..]] };
        using var response = await Post(body, "gzip");
        await ExpectDetail(response, HttpStatusCode.BadRequest, BadGzip);
        Assert.That(Log.Take(), Is.Empty);
    }

    [Test]
    public async Task Limit_HoldsForWhatComesOut_AndStopsThere([Values] bool chunked)
    {
        await using var app = await StartApp(new() { ["MESSAGE_MAX_BYTES"] = "2048" });
        using var fits = await Post(Zip(Sized(2048)), "gzip", chunked: chunked, app: app);
        Assert.That(fits.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using var larger = await Post(Zip(Sized(2049)), "gzip", chunked: chunked, app: app);
        await ExpectDetail(larger, HttpStatusCode.RequestEntityTooLarge, BodyTooLarge(2048));

        // 256 MiB of zeros.
        var before = GC.GetTotalAllocatedBytes();
        Assert.That(await AnswerWhileSending(app, Bomb.Value, chunked), Does.StartWith("HTTP/1.1 413 ").And.EndWith("\r\n\r\n" + ErrorJson(BodyTooLarge(2048))));
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(64 << 20));
        Assert.That(Log.Take(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Limit_HoldsForWhatComesIn_ThoughNextToNothingComesOut()
    {
        await using var app = await StartApp(new() { ["MESSAGE_MAX_BYTES"] = "2048" });
        // A header with a file name that does not end (RFC 1952, section 2.3).
        byte[] name = [0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 255, .. Enumerable.Repeat((byte)'x', 200_000)];
        using var response = await Post(name, "gzip", app: app);
        await ExpectDetail(response, HttpStatusCode.RequestEntityTooLarge, BodyTooLarge(2048));
    }

    private static readonly Lazy<byte[]> Bomb = new(() =>
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write(Encoding.UTF8.GetBytes("""{"user":"a","t":" """));
            var block = new byte[1 << 20];
            for (var mib = 0; mib < 256; mib++)
            {
                zip.Write(block);
            }
        }

        return zipped.ToArray();
    });

    private static byte[] Zip(string text)
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionMode.Compress, leaveOpen: true))
        {
            zip.Write(Encoding.UTF8.GetBytes(text));
            zip.Flush();
        }

        return zipped.ToArray();
    }

    /// <summary>The answer to a body of which the node does not want the rest: a client that reads only when it has sent all may miss it.</summary>
    private static async Task<string> AnswerWhileSending(TestApp app, byte[] body, bool chunked)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, app.Api.BaseAddress!.Port).Soon();
        var framing = chunked ? $"transfer-encoding: chunked\r\n\r\n{body.Length:x}\r\n" : $"content-length: {body.Length}\r\n\r\n";
        var head = $"POST {Path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n{framing}";
        var sending = Send();
        var (answer, buffer) = (new MemoryStream(), new byte[4096]);
        while (!Encoding.ASCII.GetString(answer.ToArray()).EndsWith(ErrorJson(BodyTooLarge(2048)), StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer).Soon();
            Assert.That(read, Is.Positive, "the connection has ended without an answer");
            answer.Write(buffer, 0, read);
        }

        socket.Close();
        await sending.Soon();
        return Encoding.ASCII.GetString(answer.ToArray());

        async Task Send()
        {
            try
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(head));
                for (var rest = body.AsMemory(); rest.Length > 0;)
                {
                    rest = rest[await socket.SendAsync(rest)..];
                }
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // The node has answered, and takes no more.
            }
        }
    }

    private async Task<HttpResponseMessage> Post(
        byte[] body,
        string coding,
        string type = "application/json",
        bool chunked = false,
        TestApp? app = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Content.Headers.TryAddWithoutValidation("content-type", type);
        request.Content.Headers.TryAddWithoutValidation("content-encoding", coding);
        return await (app ?? App).Api.SendAsync(request).Soon();
    }
}
