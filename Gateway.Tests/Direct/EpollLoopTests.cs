using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using RigKafka.Direct;

namespace RigKafka.Tests.Direct;

[Platform("Linux")]
internal sealed class EpollLoopTests
{
    private LogLines<EpollLoop> _log = null!;

    [SetUp]
    public void Start() => _log = new LogLines<EpollLoop>();

    [Test]
    public async Task TargetThatFails_IsLogged_AndTheLoopGoesOn()
    {
        using var loop = new EpollLoop(0, _log);
        using var one = Ready();
        using var other = Ready();
        var failing = new RecordingTarget(() => throw new InvalidOperationException("on purpose"));
        loop.Add(one.SafeHandle, EpollEvents.Out | EpollEvents.Edge, failing);
        await failing.Told.Soon();

        var target = new RecordingTarget();
        loop.Add(other.SafeHandle, EpollEvents.Out | EpollEvents.Edge, target);

        Assert.That(await target.Told.Soon(), Is.EqualTo(EpollEvents.Out));
        Assert.That(_log.Of("EventFailed"), Has.Exactly(1).Contains("InvalidOperationException: on purpose"));
    }

    [Test]
    public async Task Dispose_EndsTheThread_AndTellsTheTargets()
    {
        var loop = new EpollLoop(0, _log);
        using var socket = Ready();
        var target = new RecordingTarget();
        loop.Add(socket.SafeHandle, EpollEvents.In | EpollEvents.Edge, target);

        loop.Dispose();
        loop.Dispose();

        await target.Ended.Soon();
        Assert.That(loop.Add(socket.SafeHandle, EpollEvents.In, target), Is.Null);
    }

    private static Socket Ready()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
