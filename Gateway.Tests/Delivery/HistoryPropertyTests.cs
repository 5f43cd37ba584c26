using System.Text;
using NUnit.Framework;
using RigKafka.Delivery;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

/// <summary>Nothing wrong is ever returned, nothing in reach is missing, and nothing is refused that is there.</summary>
internal sealed class HistoryPropertyTests
{
    private static readonly HashSet<string> Topics = ["user:u0", "user:u2", "user:u5", "user:nobody"];

    [Test]
    public void Collect_AfterAnything_AnswersAsAListOfAllDoes([Range(1, 60)] int seed)
    {
        var model = new HistoryModel(seed);
        for (var step = 0; step < 3_000; step++)
        {
            model.Step();
        }

        Assert.That(model.Answers.Complete, Is.GreaterThan(10));
        Assert.That(model.Answers.Overwritten, Is.GreaterThan(10));
    }

    /// <summary>H21: what is read while it is overwritten is not used. Whose a record is, and what it says, follows from where it stands.</summary>
    [TestCase(1 << 10, 0)]
    [TestCase(1 << 13, 0)]
    [TestCase(1 << 16, 0)]
    [TestCase(1 << 13, 200)]
    [TestCase(1 << 16, 5_000)]
    public async Task Collect_WhileTheWriterOverwrites_ReturnsNothingWrong(int ringBytes, int placeEvery)
    {
        const int Partitions = 3;
        var history = new History(ringBytes, new MessageOptions(), 1, topic => string.GetHashCode(topic) % 4);
        var position = new Position(1);
        var order = new Lock();
        var (epoch, stop, complete, refused) = (0u, 0, 0L, 0L);
        Place();

        var readers = Enumerable.Range(0, 2).Select(seed => Task.Run(() => ReadOn(new Random(seed)))).ToArray();
        var random = new Random(7);
        for (var written = 1; written < 1_000_000 && (written < 100_000 || Volatile.Read(ref complete) < 500); written++)
        {
            var partition = random.Next(Partitions);
            var offset = position.Offsets(0)[partition];
            history.Write(new LogRecord(0, partition, offset, 0, null), Topic.OfUser(User(partition, offset)), Encoding.UTF8.GetBytes(Json(epoch, partition, offset)));
            lock (order)
            {
                history.Commit();
                position.Advance(0, partition, offset + 1);
            }

            if (placeEvery > 0 && written % placeEvery == 0)
            {
                Place();
            }
        }

        Volatile.Write(ref stop, 1);
        await Task.WhenAll(readers).Soon();
        TestContext.Out.WriteLine($"{complete} complete, {refused} refused");
        Assert.That(complete, Is.Positive);

        void Place()
        {
            lock (order)
            {
                epoch++;
                history.Place(new LogPlacement(0, epoch, new long[Partitions], epoch == 1 ? null : LogPlacement.Recreated), position);
                position.Place(0, epoch, new long[Partitions]);
            }
        }

        void ReadOn(Random random)
        {
            while (Volatile.Read(ref stop) == 0)
            {
                var (from, to) = (new Position(1), new Position(1));
                long head;
                lock (order)
                {
                    head = history.Head;
                    to.Place(0, position.Epoch(0), position.Offsets(0));
                }

                from.Place(0, to.Epoch(0), to.Offsets(0).ToArray().Select(next => Math.Max(0, next - random.Next(ringBytes / 500))).ToArray());
                Read(from, to, head);
            }
        }

        void Read(Position from, Position to, long head)
        {
            var taken = new List<(int Partition, long Offset, string Topic, string Json)>();
            var steps = int.MaxValue;
            var answer = history.Collect(from, to, head, Topics, ref steps, (in entry) =>
            {
                taken.Add((entry.Partition, entry.Offset, entry.Topic, Encoding.UTF8.GetString(entry.Json.Span)));
                return true;
            });
            var expected = Enumerable.Range(0, Partitions)
                .SelectMany(partition => Offsets(from.Offsets(0)[partition], to.Offsets(0)[partition]).Select(offset => (Partition: partition, Offset: offset)))
                .Select(at => (at.Partition, at.Offset, Topic: Topic.OfUser(User(at.Partition, at.Offset)), Json(to.Epoch(0), at.Partition, at.Offset)))
                .Where(written => Topics.Contains(written.Topic))
                .ToList();
            if (answer == HistoryAnswer.Complete)
            {
                Interlocked.Increment(ref complete);
                Assert.That(taken, Is.EquivalentTo(expected));
                Assert.That(taken.GroupBy(one => one.Partition, one => one.Offset), Is.All.Ordered);
            }
            else
            {
                Interlocked.Increment(ref refused);
                Assert.That(taken, Is.SubsetOf(expected));
            }
        }
    }

    private static IEnumerable<long> Offsets(long from, long to)
    {
        for (; from < to; from++)
        {
            yield return from;
        }
    }

    private static string User(int partition, long offset) => $"u{(((ulong)offset * 0x9E3779B97F4A7C15) + ((ulong)partition << 59)) >> 61}";

    private static string Json(uint epoch, int partition, long offset) =>
        TestNode.Json(User(partition, offset), (int)((epoch * 1_000_000) + offset), pad: (int)(epoch + (offset * 7)) % 50);
}
