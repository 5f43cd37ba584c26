using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DeadlinesTests
{
    private readonly Deadlines _deadlines = new();

    [Test]
    public void Take_SeveralDue_GivesThemInOrderAndNoneTwice()
    {
        var (first, second, third) = (Connection(), Connection(), Connection());
        _deadlines.Set(second, 20);
        _deadlines.Set(third, 30);
        _deadlines.Set(first, 10);

        Assert.That(_deadlines.Take(9), Is.Null);
        Assert.That(_deadlines.Take(25), Is.SameAs(first));
        Assert.That(_deadlines.Take(25), Is.SameAs(second));
        Assert.That(_deadlines.Take(25), Is.Null);
        Assert.That(_deadlines.Next, Is.EqualTo(30));
    }

    [TestCase(10, 20)]
    [TestCase(20, 10)]
    [TestCase(10, 10)]
    public void Set_Again_TheLastOneCounts(long first, long second)
    {
        var connection = Connection();
        _deadlines.Set(connection, first);
        _deadlines.Set(connection, second);

        Assert.That(_deadlines.Take(second - 1), Is.Null);
        Assert.That(_deadlines.Take(second), Is.SameAs(connection));
        Assert.That(_deadlines.Take(long.MaxValue), Is.Null);
    }

    [Test]
    public void Set_Never_TakesNoPlace()
    {
        var connection = Connection();
        _deadlines.Set(connection, long.MaxValue);
        Assert.That((_deadlines.Count, _deadlines.Next), Is.EqualTo((0, long.MaxValue)));

        _deadlines.Set(connection, 10);
        _deadlines.Set(connection, long.MaxValue);
        Assert.That(_deadlines.Take(long.MaxValue), Is.Null);
    }

    [Test]
    public void Remove_ManyThatCameAndWent_AreForgotten()
    {
        var stays = Connection();
        _deadlines.Set(stays, 1_000_000);
        for (var i = 0; i < 100_000; i++)
        {
            var connection = Connection();
            _deadlines.Set(connection, 2_000_000 + i);
            _deadlines.Remove(connection);
        }

        Assert.That(_deadlines.Count, Is.LessThan(1000));
        Assert.That(_deadlines.Take(1_000_000), Is.SameAs(stays));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Take_AnySequenceOfChanges_GivesWhatADictionaryWould(byte[] steps)
    {
        var deadlines = new Deadlines();
        var connections = Enumerable.Range(0, 8).Select(_ => Connection()).ToArray();
        var expected = new Dictionary<Connection, long>();
        foreach (var step in steps)
        {
            var connection = connections[step & 7];
            var at = 1 + ((step >> 3) & 7);
            if (step >= 192)
            {
                deadlines.Remove(connection);
                expected.Remove(connection);
            }
            else
            {
                deadlines.Set(connection, at);
                expected[connection] = at;
            }
        }

        for (var now = 1; now <= 8; now++)
        {
            var taken = new List<Connection>();
            while (deadlines.Take(now) is { } due)
            {
                taken.Add(due);
            }

            Assert.That(taken, Is.EquivalentTo(expected.Where(pair => pair.Value == now).Select(pair => pair.Key)));
        }
    }

    private static Connection Connection() => new(null!, null!, null!, "test");
}
