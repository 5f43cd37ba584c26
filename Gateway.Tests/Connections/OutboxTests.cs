using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

internal sealed class OutboxTests
{
    /// <summary>An outbox is a queue of bytes, whatever the frames and however little is taken at a time. A step that is positive adds a frame of that size.</summary>
    [Test]
    public void Add_OfAFrameWithoutBytes_AddsNothing()
    {
        var outbox = new Outbox();
        outbox.Add([], new Stack<byte[][]>());

        Assert.That(outbox.IsEmpty, Is.True, "a frame of no bytes would never be taken");
    }

    [Test]
    public void AddGatherTake_InAnyAmounts_KeepEveryByteInOrder() => Prop.ForAll(
        ArbMap.Default.ArbFor<(short Step, byte Scratch)[]>(), steps => Follow(steps)).QuickCheckThrowOnFailure();

    [Test]
    public void Take_OfEverything_GivesTheRingBackForTheNextOutbox()
    {
        var rings = new Stack<byte[][]>();
        var outbox = new Outbox();
        outbox.Add(new byte[1], rings);
        Assert.That(rings, Is.Empty);
        outbox.Add(new byte[2], rings);
        outbox.Add(new byte[3], rings);
        outbox.Take(6, rings);
        Assert.That(rings, Has.Count.EqualTo(1).And.All.All.Null, "and it holds on to no frame");

        outbox.Add(new byte[1], rings);
        outbox.Add(new byte[1], rings);
        Assert.That(rings, Is.Empty);

        outbox.Clear(rings);
        Assert.That((outbox.IsEmpty, outbox.Bytes, rings.Count), Is.EqualTo((true, 0, 1)));
    }

    [Test]
    public void Gather_WithOneFrame_DoesNotCopyIt()
    {
        var outbox = new Outbox();
        var frame = new byte[] { 1, 2, 3 };
        outbox.Add(frame, new Stack<byte[][]>());

        Assert.That(outbox.Gather(new byte[100]) == frame.AsSpan(), Is.True, "the same memory");
    }

    private static void Follow((short Step, byte Scratch)[] steps)
    {
        var rings = new Stack<byte[][]>();
        var outbox = new Outbox();
        var model = new Queue<byte>();
        byte next = 0;
        foreach (var (step, scratch) in steps.Concat(Enumerable.Repeat(((short)-1, byte.MaxValue), 5_000)))
        {
            if (step > 0)
            {
                var frame = new byte[1 + (step % 40)];
                foreach (ref var b in frame.AsSpan())
                {
                    model.Enqueue(b = next++);
                }

                // Sometimes many at once, so that the ring wraps and grows.
                outbox.Add(frame, rings);
            }
            else if (!outbox.IsEmpty)
            {
                var run = outbox.Gather(new byte[scratch]);
                Check(run.Length > 0, "something waits");
                Check(run.SequenceEqual(model.Take(run.Length).ToArray()), "order");
                var taken = step == -1 ? run.Length : -step % (run.Length + 1);
                outbox.Take(taken, rings);
                for (var i = 0; i < taken; i++)
                {
                    model.Dequeue();
                }
            }

            var frames = outbox.IsEmpty ? 0 : 1 + outbox.Behind;
            Check(outbox.Bytes == model.Count + (frames * Outbox.FrameCost) && outbox.IsEmpty == (model.Count == 0), "the count");
            Check(outbox.IsEmpty || outbox.Head.Span[0] == model.Peek(), "the head");
        }

        Check(rings.All(ring => Array.TrueForAll(ring, frame => frame is null)), "a ring that was given back holds nothing");
    }

    private static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }
}
