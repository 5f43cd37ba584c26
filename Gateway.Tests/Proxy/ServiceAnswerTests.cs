using System.Net.Sockets;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

internal sealed class ServiceAnswerTests
{
    private const string Unreadable = """{"errors":{"detail":"The service could not be reached, or broke off."}}""";
    private const string Next = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";

    [TestCase("204 No Content", "Content-Length: 5", "hello")]
    [TestCase("204 No Content", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")]
    [TestCase("204 No Content", "Transfer-Encoding: gzip, chunked", "5\r\nhello\r\n0\r\n\r\n")]
    [TestCase("205 Reset Content", "Content-Length: 5", "hello")]
    [TestCase("205 Reset Content", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")]
    [TestCase("304 Not Modified", "Content-Length: 5", "hello")]
    [TestCase("304 Not Modified", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")]
    public async Task BodyWhereThereCanBeNone_IsLeftOut_AndTheConnectionToTheServiceIsClosed(string status, string header, string body)
    {
        foreach (var isLate in new[] { false, true })
        {
            var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var service = RawService.Answer(async (socket, request) =>
            {
                if (request > 0)
                {
                    await RawService.Write(socket, Next);
                    return;
                }

                await RawService.Write(socket, $"HTTP/1.1 {status}\r\nETag: \"a\"\r\n{header}\r\n\r\n{(isLate ? "" : body)}");
                await WaitForTheEnd(socket);
                closed.SetResult();
            });
            await using var app = await Start(service);
            var answer = await app.RawGet("/x");
            Assert.That(answer, Does.StartWith("HTTP/1.1 " + status + "\r\n").And.Contain("ETag: \"a\"").And.EndWith("\r\n\r\n"));
            Assert.That(answer, Does.Not.Contain("hello").And.Not.Contain("ransfer-"));
            await closed.Task.Soon();
            Assert.That(await app.RawGet("/x"), Does.EndWith("\r\n\r\nnext"));
            Assert.That(service.Connections, Is.EqualTo(2));
        }
    }

    [TestCase("204 No Content", "X-A: b")]
    [TestCase("204 No Content", "Content-Length: 0")]
    [TestCase("205 Reset Content", "Content-Length: 0")]
    [TestCase("304 Not Modified", "X-A: b")]
    public async Task AnswerWithoutABody_LeavesTheConnectionToTheServiceOpen(string status, string header)
    {
        await using var service = RawService.Answer((socket, request) => RawService.Write(socket, request > 0 ? Next : $"HTTP/1.1 {status}\r\n{header}\r\n\r\n"));
        await using var app = await Start(service);
        Assert.That(await app.RawGet("/x"), Does.StartWith("HTTP/1.1 " + status + "\r\n").And.EndWith("\r\n\r\n"));
        Assert.That(await app.RawGet("/x"), Does.EndWith("\r\n\r\nnext"));
        Assert.That(service.Connections, Is.EqualTo(1));
    }

    [Test]
    public async Task LengthInA304_AndInTheAnswerToAHead_IsPassedOn()
    {
        await using var service = RawService.Answer((socket, request) => RawService.Write(socket, $"HTTP/1.1 {(request == 0 ? "304 Not Modified" : "200 OK")}\r\nContent-Length: 42\r\n\r\n"));
        await using var app = await Start(service);
        Assert.That(await app.RawGet("/x"), Does.StartWith("HTTP/1.1 304").And.Contain("Content-Length: 42").And.EndWith("\r\n\r\n"));
        for (var i = 0; i < 2; i++)
        {
            Assert.That(
                await app.Raw("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                Does.StartWith("HTTP/1.1 200").And.Contain("Content-Length: 42").And.EndWith("\r\n\r\n"));
        }

        Assert.That(service.Connections, Is.EqualTo(2));
    }

    [TestCase("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [TestCase("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello")]
    [TestCase("HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n")]
    [TestCase("HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello")]
    [TestCase("garbage\r\n\r\n")]
    [TestCase("HTTP/1.1 2x0 OK\r\n\r\n")]
    [TestCase("HTTP/1.1 99 Low\r\n\r\n")]
    [TestCase("HTTP/1.1 1000 High\r\n\r\n")]
    [TestCase("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\n X-Folded: a\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nX-A: a\u0001b\r\nContent-Length: 0\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [TestCase("HTTP/1.1 103 Early Hints\r\n\r\n")]
    public async Task HeadThatIsNoAnswer_Is502_InTheShapeOfErrors(string answer)
    {
        await using var service = RawService.Answer(async (socket, _) =>
        {
            await RawService.Write(socket, answer);
            socket.Shutdown(SocketShutdown.Send);
        });
        await using var app = await Start(service);
        Assert.That(
            await app.RawGet("/x"),
            Does.StartWith("HTTP/1.1 502").And.Contain("Content-Type: application/json; charset=utf-8").And.EndWith("\r\n\r\n" + Unreadable));
        Assert.That(app.TakeErrors().Single(), Does.StartWith("1705 GET /x of API a failed: upstream_down ("));
    }

    [Test]
    public async Task UnaskedProtocol_ClosesTheConnectionToTheService()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = RawService.Answer(async (socket, _) =>
        {
            await RawService.Write(socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
            await WaitForTheEnd(socket);
            closed.SetResult();
        });
        await using var app = await Start(service);
        Assert.That(await app.RawGet("/x"), Does.StartWith("HTTP/1.1 502"));
        await closed.Task.Soon();
        app.TakeErrors();
    }

    private static async Task<TestApp> Start(RawService service)
    {
        var app = await ProxyApp.Start();
        await app.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("GET", "/x")));
        return app;
    }

    private static async Task WaitForTheEnd(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[100]).Soon() > 0)
            {
                // What the gateway still had to say.
            }
        }
        catch (SocketException)
        {
            // A reset is an end as well.
        }
    }
}
