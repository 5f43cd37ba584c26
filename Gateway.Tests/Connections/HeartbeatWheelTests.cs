using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

internal sealed class HeartbeatWheelTests
{
    private const int Slots = 7;

    private TestNode _node = null!;

    [OneTimeSetUp]
    public void Start() => _node = new TestNode();

    [OneTimeTearDown]
    public void Stop() => _node.Dispose();

    /// <summary>Steps: turn, add, remove, in any order; then one full turn.</summary>
    [Test]
    public void Turn_AllAround_MeetsEachConnectionExactlyOnce() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), steps =>
        {
            var wheel = new HeartbeatWheel(Slots);
            var present = new List<Connection>();
            foreach (var step in steps)
            {
                switch (step % 4)
                {
                    case 0:
                        wheel.Turn();
                        break;
                    case 1 when present.Count > 0:
                        var gone = present[step % present.Count];
                        present.Remove(gone);
                        wheel.Remove(gone);
                        wheel.Remove(gone);
                        break;
                    default:
                        var added = _node.Open(new FakeWire());
                        present.Add(added);
                        wheel.Add(added);
                        wheel.Add(added);
                        break;
                }
            }

            var met = new List<Connection>();
            for (var turn = 0; turn < Slots; turn++)
            {
                met.AddRange(Due(wheel.Turn()));
            }

            return met.Count == present.Count && met.ToHashSet().SetEquals(present) && wheel.All().ToHashSet().SetEquals(present);
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Add_Now_IsDueAfterAFullTurnAndNotBefore()
    {
        var wheel = new HeartbeatWheel(Slots);
        wheel.Turn();
        wheel.Add(_node.Open(new FakeWire()));

        Assert.That(Enumerable.Range(0, 2 * Slots).Select(_ => Due(wheel.Turn()).Count()), Is.EqualTo(Enumerable.Range(1, 2 * Slots).Select(turn => turn % Slots == 0 ? 1 : 0)));
    }

    [Test]
    public void IsPositionTurn_IsSoAtEveryThirdTurnOfEachSlot([Range(0, Slots - 1)] int slot)
    {
        var wheel = new HeartbeatWheel(Slots);
        for (var turn = 0; turn < slot; turn++)
        {
            wheel.Turn();
        }

        wheel.Add(_node.Open(new FakeWire()));
        var told = Enumerable.Range(0, 9 * Slots).Where(_ => wheel.Turn() is not null).Select(_ => wheel.IsPositionTurn).ToList();

        Assert.That(told, Has.Count.EqualTo(9));
        Assert.That(told.Chunk(3).Select(three => three.Count(isTold => isTold)), Is.All.EqualTo(1));
        Assert.That(told.Take(6), Is.EqualTo(told.Skip(3)));
    }

    [Test]
    public void Remove_WhileStandingOnIt_StillLeadsToTheOthers()
    {
        var wheel = new HeartbeatWheel(1);
        for (var i = 0; i < 5; i++)
        {
            wheel.Add(_node.Open(new FakeWire()));
        }

        var met = 0;
        for (var connection = wheel.Turn(); connection is not null; connection = connection.Wheel.Next)
        {
            wheel.Remove(connection);
            met++;
        }

        Assert.That((met, wheel.Turn()), Is.EqualTo((5, (Connection?)null)));
    }

    private static IEnumerable<Connection> Due(Connection? first)
    {
        for (var connection = first; connection is not null; connection = connection.Wheel.Next)
        {
            yield return connection;
        }
    }
}
