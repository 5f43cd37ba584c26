using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>The connections to services that calls share, and what a service may send on one.</summary>
[Parallelizable]
internal sealed class SharedConnectionTests
{
    private const int Large = 8 << 20;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string OkAtLast = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

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
        await using var app = await Uploads.Start(service.Port);
        var sent = $"{method} /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{(method == "POST" ? "Content-Length: 0\r\n" : "")}\r\n";
        for (var i = 1; i < requests; i++)
        {
            Assert.That(await app.Ask(sent), Does.StartWith("HTTP/1.1 200"));
        }

        Assert.That(await app.Ask(sent), Does.StartWith(expected));
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
        await using var app = await Uploads.Start(service.Port);
        Assert.That(await app.Ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 502"));
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
        await using var app = await Uploads.Start(service.Port);
        var answer = await app.Ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.That(answer, Does.Not.EndWith("\r\n0\r\n\r\n"), "the last chunk says that it is whole");
        await app.StopAsync();
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
        await using var app = await Uploads.Start(service.Port, new() { ["PROXY_IDLE_TIMEOUT_MS"] = "100" });
        Assert.That(await app.Ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 200"));
        Assert.That(await closed.Task.Soon(), Is.Zero);
    }

    [TestCase(1)]
    [TestCase(100)]
    [TestCase(10_000)]
    public async Task InterimAnswers_AsManyAsThereAre_AreNotPassedOn_AndDoNoHarm(int count)
    {
        await using var service = RawService.Start(async (socket, _) =>
        {
            var head = await RawService.ReadHead(socket);
            var interim = string.Concat(Enumerable.Range(0, count).Select(i => i % 2 == 0 ? "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" : "HTTP/1.1 102 Processing\r\n\r\n"));
            await RawService.Write(socket, interim + "HTTP/1.1 100 Continue\r\n\r\n" + OkAtLast);
            if (head.StartsWith("POST", StringComparison.Ordinal))
            {
                // With a body unread, its end would be a reset, which may overtake the answer.
                await Uploads.Read(socket, int.MaxValue);
            }
        });
        await using var app = await Uploads.Start(service.Port);
        var answer = await app.Ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.That(answer, Does.StartWith("HTTP/1.1 200").And.EndsWith("\r\n\r\nok").And.Not.Contain("Link"));
        Assert.That(await app.Upload(Large, true), Does.StartWith("HTTP/1.1 200").And.EndsWith("\r\n\r\nok"), "with a body");
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
        await using var app = await Uploads.Start(service.Port);
        Assert.That(
            await app.Ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
            Does.StartWith("HTTP/1.1 502").Or.StartWith("HTTP/1.1 504"));
        Assert.That(await app.Ask("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 200"));
        app.TakeErrors();
    }
}
