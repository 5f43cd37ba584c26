using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>Uploads that a service refuses before it has them.</summary>
[Parallelizable]
internal sealed class UploadTests
{
    private const int Large = 8 << 20;
    private const int Tries = 20;
    private const int Together = 5;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string TooLarge = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig";

    private static readonly Dictionary<string, Func<Socket, Task>> Refusals = new()
    {
        ["at once"] = socket => RawService.Write(socket, TooLarge),
        ["after 100"] = socket => RawService.Write(socket, "HTTP/1.1 100 Continue\r\n\r\n" + TooLarge),
        ["in the middle"] = async socket =>
        {
            await RawService.Write(socket, "HTTP/1.1 100 Continue\r\n\r\n");
            await Uploads.Read(socket, 1 << 20);
            await RawService.Write(socket, TooLarge);
        },
        ["in the middle, without 100"] = async socket =>
        {
            await Uploads.Read(socket, 1 << 20);
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
            await (head.Contains("Expect", StringComparison.OrdinalIgnoreCase)
                || !how.EndsWith("100", StringComparison.Ordinal) ? Refusals[how] : Refusals["at once"])(socket);
        });
        await using var app = await Uploads.Start(service.Port, new() { ["PROXY_EXPECT_CONTINUE_TIMEOUT_MS"] = timeout });
        var answers = new List<string>();
        for (var i = 0; i < Tries; i += Together)
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, Together).Select(_ => app.Upload(Large, isChunked))));
        }

        TestContext.Out.WriteLine($"{how}, chunked {isChunked}, time-out {timeout}: {answers.Count(answer => answer.Contains(" 413 ", StringComparison.Ordinal))} of {Tries}");
        Assert.That(app.TakeErrors(), Is.Empty);
        Assert.That(
            answers.Count(answer => answer.StartsWith("HTTP/1.1 413", StringComparison.Ordinal)
                && answer.EndsWith("big", StringComparison.Ordinal)),
            Is.GreaterThanOrEqualTo(Tries * 9 / 10),
            string.Join('\n', answers.Distinct()));
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
        await using var app = await Uploads.Start(service.Port, version: "2");
        for (var i = 0; i < Tries; i++)
        {
            Assert.That(await app.Upload(Large, isChunked), Does.StartWith("HTTP/1.1 413").And.EndsWith("big"));
        }

        Assert.That(expected, Is.Empty, "it can refuse a body without closing the connection");
    }

    [Test]
    public async Task EarlyRefusal_WhileTheClientPauses_LeavesItsConnectionInOrder([Values] bool isChunked)
    {
        await using var service = await Service.Start(
            context =>
            {
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                context.Response.ContentLength = 3;
                return context.Response.WriteAsync("big");
            },
            HttpProtocols.Http2);
        await using var app = await Uploads.Start(service.Port, version: "2");
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, app.External.BaseAddress!.Port).Soon();
        var stream = client.GetStream();
        for (var i = 0; i < Tries; i++)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /x HTTP/1.1\r\nHost: a\r\n{(isChunked ? "Transfer-Encoding: chunked\r\n\r\n5\r\n" : "Content-Length: 10\r\n\r\n")}01234"));
            Assert.That(await Uploads.ReadAnswer(stream).Soon(), Does.StartWith("HTTP/1.1 413").And.EndsWith("big"));
            await stream.WriteAsync(Encoding.ASCII.GetBytes(isChunked ? "\r\n0\r\n\r\n" : "56789"));
        }
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

            got = isChunked ? (await RawService.ReadHead(socket)).Length : await Uploads.Read(socket, length);
            await RawService.Write(socket, Ok);
        });
        await using var app = await Uploads.Start(service.Port);
        Assert.That(await app.Upload(length, isChunked), Does.StartWith("HTTP/1.1 200"));
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
            await Uploads.Read(socket, Large);
            await RawService.Write(socket, Ok);
        });
        await using var app = await Uploads.Start(service.Port, new() { ["PROXY_EXPECT_CONTINUE_TIMEOUT_MS"] = "0" });
        Assert.That(await app.Upload(Large, false), Does.StartWith("HTTP/1.1 200"));
        Assert.That(head, Does.Not.Contain("Expect").IgnoreCase);
    }

    [Test]
    public async Task Service_ThatDoesNotSayGoOn_GetsTheBodyAfterATime()
    {
        await using var service = RawService.Start(async (socket, _) =>
        {
            await RawService.ReadHead(socket);
            await Uploads.Read(socket, Large);
            await RawService.Write(socket, Ok);
        });
        await using var app = await Uploads.Start(service.Port, new() { ["PROXY_EXPECT_CONTINUE_TIMEOUT_MS"] = "50" });
        Assert.That(await app.Upload(Large, false), Does.StartWith("HTTP/1.1 200"));
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

            got = await Uploads.Read(socket, Large);
            await RawService.Write(socket, Ok);
        });
        await using var app = await Uploads.Start(service.Port);
        Assert.That(await app.Upload(Large, false), Does.StartWith(refusesAgain ? "HTTP/1.1 417" : "HTTP/1.1 200"));
        Assert.That(heads.Select(head => head.Contains("Expect", StringComparison.OrdinalIgnoreCase)), Is.EqualTo([true, false]));
        Assert.That(got, Is.EqualTo(refusesAgain ? 0 : Large));
    }

    [TestCase("")]
    [TestCase("HTTP/1.1 100 Continue\r\n\r\n")]
    public async Task EarlyRefusal_ThatBreaksOffItself_Is502_AndCounted(string before)
    {
        await using var service = RawService.Start(async (socket, _) =>
        {
            await RawService.ReadHead(socket);
            await RawService.Write(socket, before);
            await Uploads.Read(socket, 1 << 20);
            await RawService.Write(socket, "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 500\r\n\r\n");
        });
        using var totals = new MetricTotals();
        await using var app = await Uploads.Start(
            service.Port,
            new() { ["PROXY_EXPECT_CONTINUE_TIMEOUT_MS"] = before.Length > 0 ? "1000" : "0" },
            totals: totals);
        Assert.That(
            await app.Upload(Large, false),
            Does.StartWith("HTTP/1.1 502").And.EndsWith("""{"errors":{"detail":"The service could not be reached, or broke off."}}"""));
        Assert.That(totals["rig.proxy.failed{reason=upstream_down}"], Is.EqualTo(1));
        Assert.That(app.TakeErrors().Single(), Does.StartWith("1705 POST /x of API a failed: upstream_down ("));
    }

    [Test]
    public async Task EarlyRefusal_ThatBreaksOffInTheMiddle_IsNeverTakenForAWholeOne_AndCounted()
    {
        await using var service = RawService.Start(async (socket, _) =>
        {
            await RawService.ReadHead(socket);
            await Uploads.Read(socket, 1 << 20);
            await RawService.Write(socket, "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 500\r\n\r\nbig");
        });
        using var totals = new MetricTotals();
        await using var app = await Uploads.Start(service.Port, new() { ["PROXY_EXPECT_CONTINUE_TIMEOUT_MS"] = "0" }, totals: totals);
        Assert.That(await app.Upload(Large, false), Is.Empty.Or.StartsWith("HTTP/1.1 413").And.EndsWith("\r\n\r\nbig"));
        await app.StopAsync();
        Assert.That(totals["rig.proxy.failed{reason=broken_off}"], Is.EqualTo(1));
        app.TakeErrors();
    }
}
