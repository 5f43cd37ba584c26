using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;

namespace RigKafka.Tests.Listeners;

/// <summary>Who goes when as many TCP connections are open as may be: on real sockets.</summary>
[TestFixture("true")]
[TestFixture("false")]
internal sealed class AcceptedConnectionsTests(string isDirect)
{
    private TaskCompletionSource _hold = null!;
    private TestSockets _sockets = null!;
    private TestApp _app = null!;

    [SetUp]
    public async Task Start()
    {
        _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _sockets = new TestSockets();
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
            settings: new()
            {
                ["MAX_TCP_CONNECTIONS"] = "3",
                ["API_MAX_TCP_CONNECTIONS"] = "2",
                ["DIRECT_TRANSPORT_ENABLED"] = isDirect,
            });
    }

    [TearDown]
    public async Task Stop()
    {
        _hold.TrySetResult();
        _sockets.Dispose();
        _app.TakeErrors();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task OneMore_ThanMayBeOpen_ResetsTheOldestThatNeverSentAWholeRequest()
    {
        var used = await Connect();
        await TestSockets.Ask(used, "/short");
        var (oldest, younger) = (await Connect(), await Connect());
        await oldest.SendAsync("GET /short HT"u8.ToArray());

        await TestSockets.Ask(await Connect(), "/short");

        await TestSockets.ExpectReset(oldest);
        await TestSockets.Ask(younger, "/short");
        await TestSockets.Ask(used, "/short");
        Assert.That(_app.TakeErrors(), Is.EqualTo(["1480 All 3 TCP connections of MAX_TCP_CONNECTIONS are taken: one was reset (unfinished). 0 more were since the last such line. "]));
    }

    [Test]
    public async Task OneMore_WhereAllSentRequests_ResetsTheOneThatIsIdleForLongest()
    {
        var (first, second, third) = (await Connect(), await Connect(), await Connect());
        await TestSockets.Ask(first, "/short");
        await TestSockets.Ask(second, "/short");
        await TestSockets.Ask(third, "/short");
        await TestSockets.Ask(first, "/short");

        await TestSockets.Ask(await Connect(), "/short");

        await TestSockets.ExpectReset(second);
        await TestSockets.Ask(third, "/short");
        await TestSockets.Ask(first, "/short");
        Assert.That(_app.TakeErrors(), Has.One.Contains("(idle)"));
    }

    [Test]
    public async Task OneMore_WhereAllAreInUse_IsResetItself_AndServedOnceOneHasEnded()
    {
        var streams = new[] { await Connect(), await Connect(), await Connect() };
        foreach (var stream in streams)
        {
            await TestSockets.Ask(stream, "/long");
        }

        await TestSockets.ExpectReset(() => Connect());
        Assert.That(_app.TakeErrors(), Has.One.Contains("(surplus)"));

        _hold.SetResult();
        await _sockets.AskUntilServed(_app.External.BaseAddress!.Port);
    }

    [Test]
    public async Task FullPort_LeavesTheOtherAlone()
    {
        for (var i = 0; i < 10; i++)
        {
            await Connect();
        }

        var (first, second) = (await Connect(isApi: true), await Connect(isApi: true));
        await TestSockets.Ask(first, "/short");
        await TestSockets.Ask(second, "/short");
        await TestSockets.Ask(await Connect(isApi: true), "/short");
        await TestSockets.ExpectReset(first);
        var said = new List<string>();
        await Wait.Until(
            () =>
            {
                said.AddRange(_app.TakeErrors());
                return said.Exists(line => line.Contains("of MAX_TCP_CONNECTIONS", StringComparison.Ordinal));
            },
            "the full port is said");
        // Once a second, and ten connections may take longer than that.
        Assert.That(said, Has.Some.Contains("of MAX_TCP_CONNECTIONS").And.One.Contains("All 2 TCP connections of API_MAX_TCP_CONNECTIONS are taken: one was reset (idle)"));
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
            await TestSockets.Ask(socket, "/short");
        }

        foreach (var socket in used)
        {
            await TestSockets.Ask(socket, "/short");
        }

        Assert.That(_app.TakeErrors(), Has.Count.LessThanOrEqualTo(1 + TimeProvider.System.GetElapsedTime(time).TotalSeconds));
    }

    /// <summary>The server writes the answer when this is over, and the connection idle.</summary>
    private static Task Short(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task<Socket> Connect(bool isApi = false) => _sockets.Connect((isApi ? _app.Api : _app.External).BaseAddress!.Port);
}
