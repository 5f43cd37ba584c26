using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Phoenix;
using RigKafka.Transports;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>Libraries from npm that read streams in ways of their own.</summary>
internal sealed class LibraryTests
{
    private const string First = "1first";
    private const string Second = "1second";

    [OneTimeSetUp]
    public Task Install() => PhoenixClientTests.Installed.Value;

    /// <summary>
    /// H8: these libraries keep an id as soon as they have read its line. A stream that is cut anywhere in an event must not have them name
    /// that event's id without having dispatched it. One place is left, for they read line by line: the end of the id's line has come, and
    /// the empty line after it has not.
    /// </summary>
    [Test]
    public async Task StreamThatIsCutAtAnyByte_IsNotResumedBeyondWhatWasDispatched(
        [Values("eventsource-1", "eventsource-2")] string library, [Values] bool isChunked)
    {
        var format = isChunked ? SseFormat.Chunked : SseFormat.Plain;
        var first = Message(format, First);
        var second = Message(format, Second);
        using var server = new CuttingServer(isChunked, first, second);
        var dispatched = new ConcurrentDictionary<int, List<string>>();
        using var client = PhoenixClient.Run("node", "sse.js", library, server.Address, $"{second.Length + 1}");
        for (var back = 0; back <= second.Length;)
        {
            var told = JsonElement.Parse((await client.StandardOutput.ReadLineAsync().Soon())!);
            var number = told.GetProperty("number").GetInt32();
            if (told.GetProperty("what").GetString() == "back")
            {
                back++;
            }
            else
            {
                dispatched.GetOrAdd(number, []).Add(told.GetProperty("id").GetString()!);
            }
        }

        client.StandardInput.Close();
        await client.WaitForExitAsync().Soon();
        var beyond = Enumerable.Range(0, second.Length + 1).Where(cut => server.Named[cut] != dispatched[cut][^1]).ToList();
        Assert.That(beyond, Is.EqualTo([second.Length - (isChunked ? 3 : 1)]), "before the last line end of the event");
        Assert.That(dispatched.Values.Select(ids => string.Join(' ', ids)).Distinct(), Is.EquivalentTo([First, $"{First} {Second}"]));
    }

    /// <summary>This library makes an event of every block, also of one without data, such as one that has a <c>retry</c> alone.</summary>
    [Test]
    public async Task StreamInFetchEventSource_HasNoEmptyMessage()
    {
        await using var node = await GatewayNode.Start();
        using var client = PhoenixClient.Run("node", "sse.js", "fetch", new Uri(node.External, $"/socket/sse?users[]=alice&token={Token.Of("alice")}").AbsoluteUri);
        var reply = await Heard();
        await node.Publish("""{"user":"alice"}""");
        var message = await Heard();
        client.StandardInput.Close();
        await client.WaitForExitAsync().Soon();

        Assert.That(reply.Event, Is.EqualTo("phx_reply"));
        Assert.That(JsonElement.Parse(reply.Data).GetProperty("topic").GetString(), Is.EqualTo("user:alice"));
        Assert.That(message, Is.EqualTo(("message", """{"user":"alice"}""")));

        async Task<(string Event, string Data)> Heard()
        {
            while (true)
            {
                var told = JsonElement.Parse((await client.StandardOutput.ReadLineAsync().Soon())!);
                if (told.GetProperty("event").GetString() is var name && name is not ("presence_state" or "presence_diff"))
                {
                    return (name!, told.GetProperty("data").GetString()!);
                }
            }
        }
    }

    private static byte[] Message(SseFormat format, string id) =>
        format.Encode(Event.Message("user:alice", """{"user":"alice","text":"Hi: Alice!"}"""u8.ToArray(), Encoding.ASCII.GetBytes(id), 0));

    /// <summary>
    /// Answers the first request for /N with a whole event and N bytes of the next, and breaks off. The second one is answered with an event
    /// <c>back</c>.
    /// </summary>
    private sealed class CuttingServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly bool _isChunked;
        private readonly byte[] _first;
        private readonly byte[] _second;
        private readonly HashSet<int> _seen = [];

        public CuttingServer(bool isChunked, byte[] first, byte[] second)
        {
            (_isChunked, _first, _second) = (isChunked, first, second);
            _listener.Start();
            _ = Accept();
        }

        /// <summary>The address without the number.</summary>
        public string Address => $"http://{_listener.LocalEndpoint}/";

        /// <summary>The id that the client named with its second request, by the number.</summary>
        public ConcurrentDictionary<int, string> Named { get; } = [];

        public void Dispose() => _listener.Dispose();

        private async Task Accept()
        {
            try
            {
                while (true)
                {
                    _ = Answer(await _listener.AcceptSocketAsync());
                }
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task Answer(Socket socket)
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var number = int.Parse((await reader.ReadLineAsync())!.Split(' ')[1][1..], CultureInfo.InvariantCulture);
            var named = "";
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
            {
                named = line.StartsWith("Last-Event-ID: ", StringComparison.OrdinalIgnoreCase) ? line[15..] : named;
            }

            bool isFirst;
            lock (_seen)
            {
                isFirst = _seen.Add(number);
            }

            var head = $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{(_isChunked ? "Transfer-Encoding: chunked" : "Connection: close")}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            if (isFirst)
            {
                byte[] retry = [.. SseFormat.Retry(1), (byte)'\n'];
                await stream.WriteAsync(_isChunked ? [.. Encoding.ASCII.GetBytes($"{retry.Length:x}\r\n"), .. retry, .. "\r\n"u8] : retry);
                await stream.WriteAsync(_first);
                await stream.WriteAsync(_second.AsMemory(0, number));
            }
            else
            {
                Named[number] = named;
                await stream.WriteAsync((_isChunked ? SseFormat.Chunked : SseFormat.Plain).Write(default, "back", "{}"u8));
            }
        }
    }
}
