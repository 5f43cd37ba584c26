using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

/// <summary>No allocation per delivery in steady state: whatever a message costs, it costs it once.</summary>
[NonParallelizable]
internal sealed class AllocationTests
{
    /// <summary>So many that what a message costs once is little for each of them.</summary>
    private const int Listeners = 1_000;

    [Test]
    public async Task Deliver_ToManyInSteadyState_AllocatesNothingForEach()
    {
        using var node = new TestNode(outbox: 1 << 20, listen: false);
        for (var i = 0; i < Listeners; i++)
        {
            node.Listen(new NullWire(), "all");
        }

        var last = new FakeWire();
        node.Listen(last, "last");
        await Send(node, last, 500);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        const int Messages = 2_000;

        await Send(node, last, Messages);

        var bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
        TestContext.Out.WriteLine($"{(double)bytes / Messages} bytes for each message, {(double)bytes / (Messages * Listeners)} for each delivery");
        Assert.That((double)bytes / (Messages * Listeners), Is.LessThan(8));
    }

    /// <summary>A message of the log that nobody here listens to, as most are in a large cluster.</summary>
    [TestCase(200)]
    [TestCase(2_000)]
    public async Task Read_WithTheHistoryFull_AllocatesNothingForEach(int pad)
    {
        using var node = new TestNode(listen: false, history: 1 << 20);
        var value = System.Text.Encoding.UTF8.GetBytes(TestNode.Json("nobody", 0, pad));
        const int Messages = 20_000;
        await Read();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var read = Read();

        Assert.That(read.IsCompletedSuccessfully);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(Messages / 10));
        Assert.That(node.History.Messages, Is.InRange(1, Messages - 1), "it has been overwritten");

        async Task Read()
        {
            for (var i = 0; i < Messages; i++)
            {
                await node.Push(value);
            }
        }
    }

    private static async Task Send(TestNode node, FakeWire last, int messages)
    {
        var value = System.Text.Encoding.UTF8.GetBytes(TestNode.Json("all", 0, pad: 100));
        for (var i = 0; i < messages; i++)
        {
            await node.Push(value);
        }

        var lines = last.Lines.Length;
        await node.Push(TestNode.Json("last", 0));
        await last.Take(lines + 1);
    }

    private sealed class NullWire : Wire
    {
        public override bool HoldsBytes => true;

        public override int TryWrite(ReadOnlySpan<byte> bytes) => bytes.Length;

        public override ValueTask<int> WriteAsync(ReadOnlyMemory<byte> bytes) => ValueTask.FromResult(bytes.Length);

        public override void Abort()
        {
        }
    }
}
