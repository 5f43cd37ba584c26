using NUnit.Framework;
using RigKafka.Direct;

namespace RigKafka.Tests.Direct;

internal sealed class EpollTargetsTests
{
    private EpollTargets _targets = null!;

    [SetUp]
    public void Start() => _targets = new EpollTargets();

    [Test]
    public void Find_AfterRemove_FindsNobody_AlsoWhereAnotherHasThePlace()
    {
        var (one, other) = (new RecordingTarget(), new RecordingTarget());
        var stale = _targets.Add(one);
        _targets.Remove(stale);
        Assert.That(_targets.Find(stale), Is.Null);

        var key = _targets.Add(other);
        Assert.That((uint)key, Is.EqualTo((uint)stale), "the place is used again");
        Assert.That(_targets.Find(stale), Is.Null);
        Assert.That(_targets.Find(key), Is.SameAs(other));

        _targets.Remove(stale);
        _targets.Replace(stale, one);
        Assert.That(_targets.Find(key), Is.SameAs(other));
    }

    [Test]
    public void Replace_GivesTheEventsToAnother()
    {
        var (one, other) = (new RecordingTarget(), new RecordingTarget());
        var key = _targets.Add(one);
        _targets.Replace(key, other);
        Assert.That(_targets.Find(key), Is.SameAs(other));
    }

    [Test]
    public void ManyTargets_KeepTheirKeys()
    {
        var keys = Enumerable.Range(0, 1000).Select(_ => new RecordingTarget()).Select(target => (Key: _targets.Add(target), target)).ToArray();
        foreach (var (key, _) in keys.Where((_, i) => i % 3 == 0))
        {
            _targets.Remove(key);
        }

        var others = Enumerable.Range(0, 500).Select(_ => new RecordingTarget()).Select(target => (Key: _targets.Add(target), target)).ToArray();
        Assert.That(keys.Where((_, i) => i % 3 == 0).Select(one => _targets.Find(one.Key)), Is.All.Null);
        Assert.That(keys.Where((_, i) => i % 3 != 0).Concat(others).All(one => _targets.Find(one.Key) == one.target), Is.True);
        Assert.That(_targets.All, Has.Count.EqualTo(1000 - 334 + 500));
    }
}
