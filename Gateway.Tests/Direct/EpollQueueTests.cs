using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using NUnit.Framework;
using RigKafka.Direct;

namespace RigKafka.Tests.Direct;

[Platform("Linux")]
internal sealed class EpollQueueTests
{
    /// <summary>From the headers of Linux: <c>__attribute__((packed))</c> on x86-64 only. Of arm64 nothing but this has been tried.</summary>
    [TestCase(Architecture.X64, 12, 4)]
    [TestCase(Architecture.Arm64, 16, 8)]
    public void Layout_IsThatOfTheSystem(Architecture architecture, int size, int dataOffset) =>
        Assert.That(EpollLayout.Of(architecture), Is.EqualTo(new EpollLayout(size, dataOffset)));

    [Test]
    public void Wait_BringsTheEvents_WithTheirData()
    {
        using var queue = new EpollQueue();
        using var one = Ready();
        using var other = Ready();
        Assert.That(queue.Add(one.SafeHandle, EpollEvents.Out, 0xFEDC_BA98_7654_3210), Is.True);
        Assert.That(queue.Add(other.SafeHandle, EpollEvents.Out | EpollEvents.In, 7), Is.True);

        var count = queue.Wait();

        Assert.That(
            Enumerable.Range(0, count).Select(i => queue[i]),
            Is.EquivalentTo(new[] { (EpollEvents.Out, 0xFEDC_BA98_7654_3210), (EpollEvents.Out, 7ul) }));
    }

    [Test]
    public void Add_OfAClosedSocket_SaysNo()
    {
        using var queue = new EpollQueue();
        var closed = Ready();
        closed.Dispose();
        Assert.That(queue.Add(closed.SafeHandle, EpollEvents.In, 1), Is.False);
    }

    private static Socket Ready()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
