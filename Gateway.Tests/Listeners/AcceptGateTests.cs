using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Listeners;

namespace RigKafka.Tests.Listeners;

/// <summary>When accepting stops for lack of files, and when it goes on.</summary>
internal sealed class AcceptGateTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines<AcceptGate> _log = new();
    private bool _areFilesLeft = true;

    [Test]
    public void Opens_OnceThereWereFilesForASecond_AndSaysEachTurnOnce()
    {
        using var gate = new AcceptGate(_time, _log, () => _areFilesLeft);
        Assert.That(Looks(gate, true, true), Is.EqualTo([true, true]));
        Assert.That(Looks(gate, false, false), Is.EqualTo([false, false]));
        Assert.That(Looks(gate, true, true, true), Is.All.False);
        Assert.That(Looks(gate, false), Is.EqualTo([false]), "somebody took them again");
        Assert.That(Looks(gate, true, true, true, true), Is.EqualTo([false, false, false, true]));
        Assert.That(Looks(gate, false), Is.EqualTo([false]));

        Assert.That(_log.Lines.Select(line => line.Split(' ')[1]), Is.EqualTo(["FilesExhausted", "FilesLeft", "FilesExhausted"]));
    }

    /// <summary>Whether it is open after each of some looks.</summary>
    private List<bool> Looks(AcceptGate gate, params bool[] areFilesLeft)
    {
        var isOpen = new List<bool>();
        foreach (var areLeft in areFilesLeft)
        {
            _areFilesLeft = areLeft;
            _time.Advance(TimeSpan.FromMilliseconds(250));
            Assert.That(gate.Shut.IsCancellationRequested, Is.EqualTo(!gate.Pass().IsCompleted));
            isOpen.Add(gate.Pass().IsCompleted);
        }

        return isOpen;
    }
}
