using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

internal sealed class LoopQueuesTests
{
    private const int MostBytes = 1_000;

    private LoopQueues _queues = null!;

    [SetUp]
    public void Create() => _queues = new LoopQueues(MostBytes);

    [Test]
    public void AddAndUrge_OfOneThatIsScheduledAlready_NeedNoOtherTurn()
    {
        Assert.That((_queues.Add(Item(1)), _queues.Add(Item(2)), _queues.Urge(Item(3)), _queues.Wake()), Is.EqualTo((true, false, false, false)));

        var (urgent, ordered) = _queues.Take();

        Assert.That((Numbers(urgent), Numbers(ordered!)), Is.EqualTo(("3", "1 2")), "each in the order in which it came");
        Assert.That(_queues.Rest(urgent, ordered, pause: false), Is.False, "all is done");
        Assert.That(_queues.Add(Item(4)), Is.True);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Rest_WithMoreThatCameMeanwhile_TakesAnotherTurn(bool urgent)
    {
        _queues.Add(Item(1));
        var taken = _queues.Take();
        Assert.That(urgent ? _queues.Urge(Item(2)) : _queues.Add(Item(2)), Is.False, "the loop is at work");

        Assert.That(_queues.Rest(taken.Urgent, taken.Ordered, pause: false), Is.True);

        taken = _queues.Take();
        Assert.That(Numbers(taken.Urgent) + Numbers(taken.Ordered!), Is.EqualTo("2"), "and nothing twice");
    }

    [Test]
    public void Pause_KeepsWhatIsInOrder_AndLetsTheUrgentThrough()
    {
        _queues.Add(Item(1));
        var first = _queues.Take();
        Assert.That(_queues.Rest(first.Urgent, first.Ordered, pause: true), Is.False);

        Assert.That((_queues.Add(Item(2)), _queues.Urge(Item(3))), Is.EqualTo((false, true)));
        var (urgent, ordered) = _queues.Take();
        Assert.That((Numbers(urgent), ordered), Is.EqualTo(("3", (List<LoopItem>?)null)));
        Assert.That(_queues.Rest(urgent, ordered, pause: false), Is.True, "what waited goes on");

        Assert.That(Numbers(_queues.Take().Ordered!), Is.EqualTo("2"));
    }

    [Test]
    public void Wake_OfALoopThatPauses_HasItLookAgain()
    {
        _queues.Add(Item(1));
        var (urgent, ordered) = _queues.Take();
        _queues.Rest(urgent, ordered, pause: true);

        Assert.That((_queues.Wake(), _queues.Wake()), Is.EqualTo((true, false)));
    }

    [TestCase(1, MostBytes)]
    [TestCase(100_000, 1)]
    public void Room_WithSoMuchLeftToDeliver_IsThereOnceItIsTaken(int deliveries, int bytes)
    {
        _queues.Add(Item(1), deliveries - 1, bytes - 1);
        Assert.That(_queues.Room, Is.Null);
        _queues.Add(Item(2), 1, 1);

        var room = _queues.Room!;
        Assert.That((room.IsCompleted, _queues.Room), Is.EqualTo((false, room)), "all wait for the same");
        _queues.Take();
        Assert.That((room.IsCompleted, _queues.Room), Is.EqualTo((true, (Task?)null)));
    }

    [Test]
    public async Task AnyNumberOfThreads_LoseNothing_AndOneTurnIsUnderWayAtATime()
    {
        const int Threads = 8;
        const int Each = 5_000;
        var (turns, most, done) = (0, 0, 0);
        var finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                if (i % 2 == 0 ? _queues.Add(Item(i)) : _queues.Urge(Item(i)))
                {
                    ThreadPool.UnsafeQueueUserWorkItem(_ => Run(), null);
                }
            }
        }))).Soon();

        await finished.Task.Soon();
        Assert.That((done, most), Is.EqualTo((Threads * Each, 1)));

        void Run()
        {
            bool goesOn;
            do
            {
                most = Math.Max(most, Interlocked.Increment(ref turns));
                var (urgent, ordered) = _queues.Take();
                done += urgent.Count + ordered!.Count;
                var isAll = done == Threads * Each;
                Interlocked.Decrement(ref turns);
                goesOn = _queues.Rest(urgent, ordered, pause: false);
                if (isAll)
                {
                    finished.TrySetResult();
                }
            }
            while (goesOn);
        }
    }

    private static LoopItem Item(int number) => new(LoopItemKind.Deliver, number, null);

    private static string Numbers(List<LoopItem> items) => string.Join(' ', items.Select(item => item.Target));
}
