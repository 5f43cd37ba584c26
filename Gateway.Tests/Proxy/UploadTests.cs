using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NUnit.Framework;
using RigKafka.Tests.Listeners;

namespace RigKafka.Tests.Proxy;

/// <summary>Uploads that a service refuses before it has them, and the connections to services that calls share.</summary>
internal sealed class UploadTests
{
    private const int Large = 8 << 20;
    private const int Tries = 20;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string OkAtLast = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    private const string TooLarge = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig";

    private static readonly Dictionary<string, Func<Socket, Task>> Refusals = new()
    {
        ["at once"] = socket => RawService.Write(socket, TooLarge),
        ["after 100"] = socket => RawService.Write(socket, "HTTP/1.1 100 Continue\r\n\r\n" + TooLarge),
        ["in the middle"] = async socket =>
        {
            await RawService.Write(socket, "HTTP/1.1 100 Continue\r\n\r\n");
            await Read(socket, 1 << 20);
            await RawService.Write(socket, TooLarge);
        },
        ["in the middle, without 100"] = async socket =>
        {
            await Read(socket, 1 << 20);
            await RawService.Write(socket, TooLarge);
        },
    };

    [Test]
    [Combinatorial]
    public async Task EarlyRefusal_ReachesTheClient(
        [Values("at once", "after 100", "in the middle", "in the middle, without 100")] string how,
        [Values] bool isChunked,
        [Values("1000", "0")] string timeout)
    {
        await using var service = RawService.Start(async (socket, _) =>
        {
            var head = await RawService.ReadHead(socket);
            await (head.Contains("Expect", StringComparison.OrdinalIgnoreCase) || !how.EndsWith("100", StringComparison.Ordinal) ? Refusals[how] : Refusals["at once"])(socket);
        });
        await using var app = await Start(service.Port, new() { ["PROXY_EXPECT_CONTINUE_TIMEOUT_MS"] = timeout });
        var answers = new List<string>();
        for (var i = 0; i < Tries; i++)
        {
            answers.Add(await Upload(app, Large, isChunked));
        }

        TestContext.Out.WriteLine($"{how}, chunked {isChunked}, time-out {timeout}: {answers.Count(answer => answer.Contains(" 413 ", StringComparison.Ordinal))} of {Tries}");
        Assert.That(app.TakeErrors(), Is.Empty);
        Assert.That(answers.Count(answer => answer.StartsWith("HTTP/1.1 413", StringComparison.Ordinal) && answer.EndsWith("big", StringComparison.Ordinal)), Is.GreaterThanOrEqualTo(Tries * 9 / 10), string.Join('\n', answers.Distinct()));
    }

    [Test]
    public async Task EarlyRefusal_OfAServiceOfHttp2_ReachesTheClient([Values] bool isChunked)
    {
        var expected = "";
        await using var service = await Service.Start(
            context =>
            {
                expected += context.Request.Headers["Expect"];
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                context.Response.ContentLength = 3;
                return context.Response.WriteAsync("big");
            },
            HttpProtocols.Http2);
        await using var app = await Start(service.Port, version: "2");
        for (var i = 0; i < Tries; i++)
        {
            Assert.That(await Upload(app, Large, isChunked), Does.StartWith("HTTP/1.1 413").And.EndsWith("big"));
        }

        // The server may note that what was left of a body went unread, as it closes that client's connection.
        Assert.That(app.TakeErrors(), Is.All.Contains("automatic draining of the request body"));
        Assert.That(expected, Is.Empty, "it can refuse a body without closing the connection");
    }

    [TestCase(1 << 20, false, false)]
    [TestCase((1 << 20) + 1, false, true)]
    [TestCase(10, true, true)]
    public async Task Service_IsAskedFirst_WhereTheBodyIsLargeOrOfUnknownLength(int length, bool isChunked, bool isAsked)
    {
        string? head = null;
        var got = 0;
        await using var service = RawService.Start(async (socket, _) =>
        {
            head = await RawService.ReadHead(socket);
            if (isAsked)
            {
                await RawService.Write(socket, "HTTP/1.1 100 Continue\r\n\r\n");
            }

            got = isChunked ? (await RawService.ReadHead(socket)).Length : await Read(socket, length);
            await RawService.Write(socket, Ok);
        });
        await using var app = await Start(service.Port);
        Assert.That(await Upload(app, length, isChunked), Does.StartWith("HTTP/1.1 200"));
        Assert.That(head!.Contains("\r\nExpect: 100-continue\r\n", StringComparison.OrdinalIgnoreCase), Is.EqualTo(isAsked));
        Assert.That(got, Is.EqualTo(isChunked ? "a\r\n0123456789\r\n0\r\n\r\n".Length : length));
    }

    [Test]
    public async Task Service_IsNotAsked_WhereThatIsOff()
    {
        string? head = null;
        await using var service = RawService.Start(async (socket, _) =>
        {
            head = await RawService.ReadHead(socket);
            await Read(socket, Large);
            await RawService.Write(socket, Ok);
        });
        await using var app = await Start(service.Port, new() { ["PROXY_EXPECT_CONTINUE_TIMEOUT_MS"] = "0" });
        Assert.That(await Upload(app, Large, false), Does.StartWith("HTTP/1.1 200"));
        Assert.That(head, Does.Not.Contain("Expect").IgnoreCase);
    }

    [Test]
    public async Task Service_ThatDoesNotSayGoOn_GetsTheBodyAfterATime()
    {
        await using var service = RawService.Start(async (socket, _) =>
        {
            await RawService.ReadHead(socket);
            await Read(socket, Large);
            await RawService.Write(socket, Ok);
        });
        await using var app = await Start(service.Port, new() { ["PROXY_EXPECT_CONTINUE_TIMEOUT_MS"] = "50" });
        Assert.That(await Upload(app, Large, false), Does.StartWith("HTTP/1.1 200"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Service_ThatKnowsNoExpectations_IsSentTheBodyOnceWithout(bool refusesAgain)
    {
        var heads = new List<string>();
        var got = 0;
        await using var service = RawService.Start(async (socket, number) =>
        {
            heads.Add(await RawService.ReadHead(socket));
            if (number == 1 || refusesAgain)
            {
                await RawService.Write(socket, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                return;
            }

            got = await Read(socket, Large);
            await RawService.Write(socket, Ok);
        });
        await using var app = await Start(service.Port);
        Assert.That(await Upload(app, Large, false), Does.StartWith(refusesAgain ? "HTTP/1.1 417" : "HTTP/1.1 200"));
        Assert.That(heads.Select(head => head.Contains("Expect", StringComparison.OrdinalIgnoreCase)), Is.EqualTo([true, false]));
        Assert.That(got, Is.EqualTo(refusesAgain ? 0 : Large));
    }

    [TestCase("GET", 2, "HTTP/1.1 200")]
    [TestCase("HEAD", 2, "HTTP/1.1 200")]
    [TestCase("GET", 3, "HTTP/1.1 200")]
    [TestCase("DELETE", 2, "HTTP/1.1 502")]
    [TestCase("POST", 2, "HTTP/1.1 502")]
    public async Task Request_ThatMeetsAResetOnAnIdleConnection_IsTriedOnceMoreWhereItIsSafe(string method, int requests, string expected)
    {
        var connections = 0;
        await using var service = RawService.Start(async (socket, number) =>
        {
            connections = number;
            for (var request = 1; (await RawService.ReadHead(socket)).Length > 0; request++)
            {
                if (number == 1 && request == requests)
                {
                    RawService.Reset(socket);
                    return;
                }

                await RawService.Write(socket, Ok[..^2] + (method == "HEAD" ? "" : "ok"));
            }
        });
        await using var app = await Start(service.Port);
        var sent = $"{method} /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{(method == "POST" ? "Content-Length: 0\r\n" : "")}\r\n";
        for (var i = 1; i < requests; i++)
        {
            Assert.That(await Raw(app, sent), Does.StartWith("HTTP/1.1 200"));
        }

        Assert.That(await Raw(app, sent), Does.StartWith(expected));
        Assert.That(connections, Is.EqualTo(expected.EndsWith("200", StringComparison.Ordinal) ? 2 : 1));
        app.TakeErrors();
    }

    [Test]
    public async Task Request_ThatMeetsAResetOnANewConnection_IsNotTriedAgain()
    {
        var connections = 0;
        await using var service = RawService.Start(async (socket, number) =>
        {
            connections = number;
            await RawService.ReadHead(socket);
            RawService.Reset(socket);
        });
        await using var app = await Start(service.Port);
        Assert.That(await Raw(app, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 502"));
        Assert.That(connections, Is.EqualTo(1));
        app.TakeErrors();
    }

    [Test]
    public async Task Answer_ThatAResetBreaksOff_IsNeverTakenForAWholeOne()
    {
        await using var service = RawService.Start(async (socket, number) =>
        {
            await RawService.ReadHead(socket);
            await RawService.Write(socket, number == 1 ? "HTTP/1.1 200 OK\r\n\r\npart" : Ok);
            RawService.Reset(socket);
        });
        await using var app = await Start(service.Port);
        var answer = await Raw(app, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.That(answer, Does.Not.EndWith("\r\n0\r\n\r\n"), "the last chunk says that it is whole");
        app.TakeErrors();
    }

    [Test]
    public async Task IdleConnection_IsClosedAfterTheTimeThatIsSet()
    {
        var closed = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = RawService.Start(async (socket, _) =>
        {
            await RawService.ReadHead(socket);
            await RawService.Write(socket, Ok);
            closed.SetResult(await socket.ReceiveAsync(new byte[1]));
        });
        await using var app = await Start(service.Port, new() { ["PROXY_IDLE_TIMEOUT_MS"] = "100" });
        Assert.That(await Raw(app, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 200"));
        Assert.That(await closed.Task.WaitAsync(TestApp.Timeout), Is.Zero);
    }

    [TestCase(1)]
    [TestCase(100)]
    [TestCase(10_000)]
    public async Task InterimAnswers_AsManyAsThereAre_AreNotPassedOn_AndDoNoHarm(int count)
    {
        await using var service = RawService.Start(async (socket, _) =>
        {
            await RawService.ReadHead(socket);
            var interim = string.Concat(Enumerable.Range(0, count).Select(i => i % 2 == 0 ? "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" : "HTTP/1.1 102 Processing\r\n\r\n"));
            await RawService.Write(socket, interim + "HTTP/1.1 100 Continue\r\n\r\n" + OkAtLast);
        });
        await using var app = await Start(service.Port);
        var answer = await Raw(app, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.That(answer, Does.StartWith("HTTP/1.1 200").And.EndsWith("\r\n\r\nok").And.Not.Contain("Link"));
        Assert.That(await Upload(app, Large, true), Does.StartWith("HTTP/1.1 200").And.EndsWith("\r\n\r\nok"), "with a body");
    }

    [Test]
    public async Task InterimAnswers_WithoutEnd_EndTheirCallAndNoOther()
    {
        await using var service = RawService.Start(async (socket, number) =>
        {
            await RawService.ReadHead(socket);
            while (number == 1)
            {
                await RawService.Write(socket, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
            }

            await RawService.Write(socket, OkAtLast);
        });
        await using var app = await Start(service.Port);
        Assert.That(await Raw(app, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 502").Or.StartWith("HTTP/1.1 504"));
        Assert.That(await Raw(app, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 200"));
        app.TakeErrors();
    }

    private static async Task<TestApp> Start(int port, Dictionary<string, string?>? settings = null, string version = "1.1")
    {
        var app = await ProxyApp.Start(settings);
        var definition = ProxyApp.Definition("a", port, [.. ProxyApp.Methods.Select(method => ProxyApp.Endpoint(method, "/x"))]);
        definition["proxy"]!["http_version"] = version;
        await app.Define(definition);
        return app;
    }

    private static async Task<int> Read(Socket socket, int count)
    {
        var buffer = new byte[1 << 16];
        var read = 0;
        for (int got; read < count && (got = await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(buffer.Length, count - read))).AsTask().WaitAsync(TestApp.Timeout)) > 0;)
        {
            read += got;
        }

        return read;
    }

    /// <summary>The whole answer. What is sent when it has come is sent in vain.</summary>
    private static async Task<string> Upload(TestApp app, int length, bool isChunked)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, app.External.BaseAddress!.Port).WaitAsync(TestApp.Timeout);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {length}")}\r\n\r\n"));
        var sending = Send(stream, length, isChunked);
        var answer = await ReadAnswer(stream).WaitAsync(TestApp.Timeout);
        client.Close();
        await sending.WaitAsync(TestApp.Timeout);
        return answer;
    }

    private static async Task Send(NetworkStream stream, int length, bool isChunked)
    {
        var part = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789", 6_400)));
        try
        {
            for (var sent = 0; sent < length;)
            {
                var count = Math.Min(part.Length, length - sent);
                await stream.WriteAsync(isChunked ? Encoding.ASCII.GetBytes($"{count:x}\r\n") : []);
                await stream.WriteAsync(part.AsMemory(0, count));
                await stream.WriteAsync(isChunked ? "\r\n"u8.ToArray() : []);
                sent += count;
            }

            await stream.WriteAsync(isChunked ? "0\r\n\r\n"u8.ToArray() : []);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The answer has come.
        }
    }

    private static async Task<string> ReadAnswer(NetworkStream stream)
    {
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            for (int read; !IsWhole(answer.ToString()) && (read = await stream.ReadAsync(buffer)) > 0;)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // What has come is the answer.
        }

        return answer.ToString();
    }

    private static bool IsWhole(string answer)
        => answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end and >= 0
        && answer.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) is var at and >= 0
        && answer.Length - end - 4 >= int.Parse(answer[(at + 16)..].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<string> Raw(TestApp app, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, app.External.BaseAddress!.Port).WaitAsync(TestApp.Timeout);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        return await ReadAnswer(client.GetStream()).WaitAsync(TestApp.Timeout);
    }
}
