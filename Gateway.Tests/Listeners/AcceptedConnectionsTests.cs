using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;

namespace RigKafka.Tests.Listeners;

/// <summary>Who goes when as many TCP connections are open as may be: on real sockets.</summary>
internal sealed class AcceptedConnectionsTests
{
    private readonly List<Socket> _sockets = [];
    private TaskCompletionSource _hold = null!;
    private TestApp _app = null!;

    [SetUp]
    public async Task Start()
    {
        _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _app = await TestApp.Start(
            external: routes =>
            {
                routes.MapGet("/short", Short);
                routes.MapGet("/long", async context =>
                {
                    await context.Response.StartAsync();
                    await context.Response.Body.FlushAsync();
                    await _hold.Task;
                });
            },
            api: routes => routes.MapGet("/short", Short),
            settings: new() { ["MAX_TCP_CONNECTIONS"] = "3", ["API_MAX_TCP_CONNECTIONS"] = "2" });
    }

    [TearDown]
    public async Task Stop()
    {
        _hold.TrySetResult();
        _sockets.ForEach(socket => socket.Dispose());
        _app.TakeErrors();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task OneMore_ThanMayBeOpen_ResetsTheOldestThatNeverSentAWholeRequest()
    {
        var used = await Connect();
        await Ask(used, "/short");
        var (oldest, younger) = (await Connect(), await Connect());
        await oldest.SendAsync("GET /short HT"u8.ToArray());

        await Ask(await Connect(), "/short");

        await ExpectReset(oldest);
        await Ask(younger, "/short");
        await Ask(used, "/short");
        Assert.That(_app.TakeErrors(), Is.EqualTo(["1480 All 3 TCP connections of MAX_TCP_CONNECTIONS are taken: one was reset (unfinished). 0 more were since the last such line. "]));
    }

    [Test]
    public async Task OneMore_WhereAllSentRequests_ResetsTheOneThatIsIdleForLongest()
    {
        var (first, second, third) = (await Connect(), await Connect(), await Connect());
        await Ask(first, "/short");
        await Ask(second, "/short");
        await Ask(third, "/short");
        await Ask(first, "/short");

        await Ask(await Connect(), "/short");

        await ExpectReset(second);
        await Ask(third, "/short");
        await Ask(first, "/short");
        Assert.That(_app.TakeErrors(), Has.One.Contains("(idle)"));
    }

    [Test]
    public async Task OneMore_WhereAllAreInUse_IsResetItself_AndServedOnceOneHasEnded()
    {
        var streams = new[] { await Connect(), await Connect(), await Connect() };
        foreach (var stream in streams)
        {
            await Ask(stream, "/long");
        }

        await ExpectReset(() => Connect());
        Assert.That(_app.TakeErrors(), Has.One.Contains("(surplus)"));

        _hold.SetResult();
        // Whatever is accepted from now on may find one of the three idle already, or not yet.
        var until = DateTime.UtcNow + Limits.Hang;
        while (!await IsServed())
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(until));
        }
    }

    [Test]
    public async Task FullPort_LeavesTheOtherAlone()
    {
        for (var i = 0; i < 10; i++)
        {
            await Connect();
        }

        var (first, second) = (await Connect(isApi: true), await Connect(isApi: true));
        await Ask(first, "/short");
        await Ask(second, "/short");
        await Ask(await Connect(isApi: true), "/short");
        await ExpectReset(first);
        Assert.That(_app.TakeErrors(), Has.One.Contains("of MAX_TCP_CONNECTIONS").And.One.Contains("All 2 TCP connections of API_MAX_TCP_CONNECTIONS are taken: one was reset (idle)"));
    }

    [Test]
    public async Task Flood_LeavesRoomAfterwards_AndIsSaidOnceASecondAtMost()
    {
        const int Connections = 500;
        var time = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < Connections; i++)
        {
            (await Connect()).Dispose();
        }

        var used = new[] { await Connect(), await Connect(), await Connect() };
        foreach (var socket in used)
        {
            await Ask(socket, "/short");
        }

        foreach (var socket in used)
        {
            await Ask(socket, "/short");
        }

        Assert.That(_app.TakeErrors(), Has.Count.LessThanOrEqualTo(1 + TimeProvider.System.GetElapsedTime(time).TotalSeconds));
    }

    /// <summary>The server writes the answer when this is over, and the connection idle.</summary>
    private static Task Short(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private async Task<Socket> Connect(bool isApi = false)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, (isApi ? _app.Api : _app.External).BaseAddress!.Port).Soon();
        return socket;
    }

    private async Task<bool> IsServed()
    {
        try
        {
            await Ask(await Connect(), "/short");
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Sends a request and reads the head of its answer.</summary>
    private static async Task Ask(Socket socket, string path)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        var (buffer, text) = (new byte[4096], "");
        while (!text.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer).Soon();
            Assert.That(read, Is.Positive, "the connection has ended");
            text += Encoding.ASCII.GetString(buffer, 0, read);
        }

        Assert.That(text, Does.StartWith("HTTP/1.1 20"));
    }

    /// <summary>Not a mere end: a reset leaves nothing to wait for on either side.</summary>
    private static Task ExpectReset(Socket socket) => ExpectReset(() => Task.FromResult(socket));

    /// <param name="connect">Gives the socket; a new one may be reset before the caller has it.</param>
    private static async Task ExpectReset(Func<Task<Socket>> connect)
    {
        var error = SocketError.Success;
        try
        {
            var socket = await connect();
            await socket.ReceiveAsync(new byte[1]).Soon();
        }
        catch (SocketException failure)
        {
            error = failure.SocketErrorCode;
        }

        Assert.That(error, Is.EqualTo(SocketError.ConnectionReset));
    }
}
