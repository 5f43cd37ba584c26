using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Direct;
using RigKafka.Transports;

namespace RigKafka.Tests.Direct;

/// <summary>
/// A real server with streams as the SSE endpoint has them, in steps that a test can stop between: <c>/stream</c> opens one, sends its
/// beginning, and has its wire take the socket over; <c>/talk</c> does so in both directions, and repeats what the client says.
/// <c>/short</c> answers at once.
/// </summary>
internal sealed class StreamServer : IAsyncDisposable
{
    /// <summary>What a stream begins with, as the server writes it: one chunk.</summary>
    public const string Beginning = "6\r\nbegin\n\r\n";

    public const string LastChunk = "0\r\n\r\n";

    public const string User = "alice";

    private readonly TestSockets _sockets = new();
    private int _left;
    private int _requestsOver;

    private StreamServer(int outbox) => Node = new TestNode(outbox: outbox);

    public TestApp App { get; private set; } = null!;

    public TestNode Node { get; }

    /// <summary>What is done before the take-over.</summary>
    public Func<HttpContext, Connection, Task> BeforeTakeOver { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>The streams that were opened, and whether each was taken over.</summary>
    public List<(Connection Connection, bool IsTakenOver)> Streams { get; } = [];

    /// <summary>How often a wire has said that a client left.</summary>
    public int Left => Volatile.Read(ref _left);

    /// <summary>How many requests for streams are over.</summary>
    public int RequestsOver => Volatile.Read(ref _requestsOver);

    public int Port => App.External.BaseAddress!.Port;

    public static async Task<StreamServer> Start(Dictionary<string, string?>? settings = null, int outbox = 1 << 20)
    {
        var server = new StreamServer(outbox);
        server.App = await TestApp.Start(
            external: routes =>
            {
                routes.Map("/stream", server.Stream);
                routes.Map("/talk", server.Talk);
                routes.MapGet("/short", context => context.Response.WriteAsync("short"));
                routes.MapPost("/echo", async context =>
                {
                    var body = new MemoryStream();
                    await context.Request.Body.CopyToAsync(body);
                    await context.Response.Body.WriteAsync(body.ToArray());
                });
            },
            settings: new(settings ?? []) { ["DIRECT_TRANSPORT_ENABLED"] = "true" });
        return server;
    }

    public async Task<StreamClient> Connect(int receiveBuffer = 0) => new(await _sockets.Connect(Port, receiveBuffer));

    /// <summary>A client whose stream has begun and was taken over.</summary>
    public async Task<StreamClient> Open(string headers = "", int receiveBuffer = 0)
    {
        var client = await Connect(receiveBuffer);
        await client.Send($"GET /stream HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        await client.ExpectBeginning();
        return client;
    }

    /// <summary>A client whose connection was upgraded.</summary>
    public async Task<StreamClient> OpenTalk(string first = "")
    {
        var client = await Connect();
        await client.Send("GET /talk HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + first);
        Assert.That(await client.ReadTo("\r\n\r\n"), Does.StartWith("HTTP/1.1 101"));
        return client;
    }

    /// <summary>The connection of the latest stream, once it is known whether it was taken over.</summary>
    public async Task<Connection> Taken(int streams = 1, bool isTakenOver = true)
    {
        await Wait.Until(() => RequestsOver + StillServed >= streams, "the stream was taken over, or not");
        lock (Streams)
        {
            Assert.That(Streams[^1].IsTakenOver, Is.EqualTo(isTakenOver));
            return Streams[^1].Connection;
        }
    }

    private int StillServed
    {
        get
        {
            lock (Streams)
            {
                return Streams.Count(stream => !stream.IsTakenOver && !stream.Connection.IsEnded);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _sockets.Dispose();
        await App.DisposeAsync();
        Node.Dispose();
    }

    private async Task Stream(HttpContext context)
    {
        // Else the server would break off a reader that pauses.
        context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinResponseDataRateFeature>()?.MinDataRate = null;
        var connection = Node.Registry.Add(ClientWire.Of(context), SseFormat.Chunked, "test");
        Node.Join(connection, User);
        await context.Response.WriteAsync("begin\n");
        await BeforeTakeOver(context, connection);
        connection.Start();
        var isReusable = context.Request.Headers.Connection != "close";
        var isTakenOver = ((DirectWire)connection.Wire).TakeOver(connection, isReusable, _ => Interlocked.Increment(ref _left));
        lock (Streams)
        {
            Streams.Add((connection, isTakenOver));
        }

        if (!isTakenOver)
        {
            await using var gone = context.RequestAborted.UnsafeRegister(_ => connection.Close(CloseReason.ClientGone), null);
            await connection.Closed;
            Interlocked.Increment(ref _left);
        }

        Interlocked.Increment(ref _requestsOver);
    }

    private async Task Talk(HttpContext context)
    {
        var upgraded = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        var wire = (DirectWire)ClientWire.Of(context, upgraded);
        var connection = Node.Registry.Add(wire, WebSocketFrame.Format(ChannelCodec.V2), "test");
        await BeforeTakeOver(context, connection);
        connection.Start();
        var incoming = wire.TakeOverBoth();
        lock (Streams)
        {
            Streams.Add((connection, incoming is not null));
        }

        if (incoming is not null)
        {
            _ = Repeat(connection, wire, incoming.AsStream());
        }

        Interlocked.Increment(ref _requestsOver);
    }

    private async Task Repeat(Connection connection, DirectWire wire, Stream incoming)
    {
        var buffer = new byte[1000];
        try
        {
            for (int count; (count = await incoming.ReadAsync(buffer)) > 0;)
            {
                connection.Send(buffer[..count]);
            }

            connection.SendLast("end"u8.ToArray());
        }
        catch (IOException)
        {
            connection.Close(CloseReason.ClientGone);
        }

        await connection.Closed;
        wire.Close();
        Interlocked.Increment(ref _left);
    }
}
