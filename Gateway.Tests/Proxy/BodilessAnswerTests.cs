using System.Collections.Concurrent;
using NUnit.Framework;

namespace RigKafka.Tests.Proxy;

/// <summary>Answers that have no body and announce one all the same: no other call is sent on their connection.</summary>
[Parallelizable]
internal sealed class BodilessAnswerTests
{
    private const string Next = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";

    [TestCase("304 Not Modified", "Content-Length: 5")]
    [TestCase("204 No Content", "Content-Length: 5")]
    [TestCase("204 No Content", "Transfer-Encoding: chunked")]
    public async Task CallsBesideThem_AreAnswered_AndCarriedOutOnce(string status, string header)
    {
        const int Rounds = 40;
        const int AtOnce = 64;
        var carriedOut = new ConcurrentBag<string>();
        await using var service = RawService.Start(async (socket, _) =>
        {
            for (string head; (head = await RawService.ReadHead(socket)).Length > 0;)
            {
                if (head.StartsWith("GET", StringComparison.Ordinal))
                {
                    await RawService.Write(socket, $"HTTP/1.1 {status}\r\n{header}\r\n\r\n");
                    continue;
                }

                await Uploads.Read(socket, 4);
                carriedOut.Add(head.Split(' ')[1]);
                await RawService.Write(socket, Next);
            }
        });
        await using var app = await Uploads.Start(service.Port, new() { ["PROXY_MAX_TCP_CONNECTIONS"] = $"{AtOnce}" });
        var asked = new List<string>();
        var failed = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            var paths = Enumerable.Range(0, AtOnce).Select(call => $"/x?{round}.{call}").ToArray();
            var calls = paths.Select((path, call) => call % 2 == 0 ? app.Call("GET", path) : app.Call("POST", path, new StringContent("body"))).ToArray();
            for (var call = 0; call < AtOnce; call++)
            {
                using var answer = await calls[call];
                var text = await answer.Content.ReadAsStringAsync().Soon();
                if ($"{(int)answer.StatusCode} {text}" != (call % 2 == 0 ? status[..4] : "200 next"))
                {
                    failed.Add($"{paths[call]}: {(int)answer.StatusCode} {text}");
                }
            }

            asked.AddRange(paths.Where((_, call) => call % 2 == 1));
        }

        Assert.That(failed, Is.Empty);
        Assert.That(carriedOut, Is.EquivalentTo(asked));
        Assert.That(app.TakeErrors(), Is.Empty);
    }

    [TestCase("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\n", false)]
    [TestCase("HTTP/1.1 304 Not Modified\r\ncontent-length : 5\r\n\r\n", false)]
    [TestCase("HTTP/1.1 304 Not Modified\nContent-Length:5\n\n", false)]
    [TestCase("HTTP/1.1 304 Not Modified\r\nContent-Length:                                                  5\r\n\r\n", false)]
    [TestCase("HTTP/1.1 204 No Content\r\nTRANSFER-ENCODING: chunked\r\nX-A: b\r\n\r\n", false)]
    [TestCase("HTTP/1.1 204\r\nContent-Length: 5\r\n\r\n", false)]
    [TestCase("HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false)]
    [TestCase("HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\nX-Content-Length: 5\r\n\r\n", true)]
    [TestCase("HTTP/1.1 304 Not Modified\r\nX-A: Content-Length: 5\r\n\r\n", true)]
    [TestCase("HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", true)]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", true)]
    public async Task Head_IsReadRight_HoweverItArrives(string answer, bool isKept)
    {
        foreach (var part in new[] { answer.Length, 1, 7 })
        {
            await using var service = RawService.Answer(async (socket, request) =>
            {
                socket.NoDelay = true;
                var text = request > 0 ? Next : answer;
                for (var at = 0; at < text.Length; at += part)
                {
                    await RawService.Write(socket, text.Substring(at, Math.Min(part, text.Length - at)));
                    await Task.Yield();
                }
            });
            await using var app = await Uploads.Start(service.Port);
            var first = await app.RawGet("/x");
            Assert.That(
                first,
                Does.EndWith(answer.Contains("200 OK", StringComparison.Ordinal) ? "Content-Length: 500\r\n\r\n" : "\r\n\r\n"),
                $"in parts of {part}");
            Assert.That(
                first.Split("\r\n")[0][9..12],
                Is.EqualTo(answer.Split("HTTP/1.1 ").First(head => head.Length > 3 && head[0] != '1')[..3]));
            Assert.That(await app.RawGet("/x"), Does.EndWith("\r\n\r\nnext"));
            Assert.That(service.Connections, Is.EqualTo(isKept ? 1 : 2), $"in parts of {part}");
        }
    }
}
