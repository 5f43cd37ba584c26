using NUnit.Framework;
using static RigKafka.Tests.Support.ResumeFaultKind;

namespace RigKafka.Tests.Delivery;

/// <summary>The checker of the stories knows what a log may lose otherwise than from its beginning. Alice has 1, 2 and 3, in this order.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ResumeViewLossTests
{
    private static readonly ResumePlace Place = new(7, 0);

    private readonly ResumeTruth _truth = new();
    private readonly ResumeView _view;

    public ResumeViewLossTests()
    {
        Write(0, 1, 2, 3);
        _view = new ResumeView("client", _truth, new HashSet<string> { "alice" });
    }

    [Test]
    public void GapOfACompactedTopic_IsJustified_ForAClientThatComesBack_AndForNoOther([Values] bool isResume)
    {
        _truth.Compact(Place.Epoch);
        Come(isResume ? 0 : 2);
        if (!isResume)
        {
            Hear(2, 3);
            Write(3, 4);
        }

        _view.Gap(Id(isResume ? 3 : 4), "retention");

        AssertFaults(isResume ? [] : [UnjustifiedGap]);
    }

    [Test]
    public void Compacted_WithoutAGap_IsLost()
    {
        _truth.Compact(Place.Epoch);
        Come(0);
        Hear(2, 3);

        AssertFaults(Lost, Lost);
    }

    [Test]
    public void CutWhileAClientIsAway_IsToldByAGap_AndWhatIsNewFollows()
    {
        CutAndWrite(4);
        Come(3);
        _view.Gap(Id(1), "log_truncated");
        Hear(1, 4);

        AssertFaults();
    }

    [Test]
    public void CutThatANodeFindsLate_LetsItGiveWhatWasThere_ThenAGap_ThenWhatIsNew()
    {
        CutAndWrite(4, 5);
        Come(0);
        Hear(0, 1, 2);
        _view.Gap(Id(1), "log_truncated");
        Hear(1, 4, 5);

        AssertFaults();
    }

    [Test]
    public void Cut_WithoutAGap_IsFound_WhetherTheClientComesOrIsThere([Values] bool isThere)
    {
        CutAndWrite(4);
        Come(isThere ? 1 : 3);
        if (isThere)
        {
            Hear(1, 2, 3);
        }

        Hear(1, 4);

        AssertFaults(OutOfOrder, IdSaysLess);
    }

    [Test]
    public void CutThatANodeFindsAfterItHasReadAgainWhatIsNew_GivesThatOnceMore_AfterAGap()
    {
        CutAndWrite(4, 5);
        Come(0);
        Hear(0, 1, 4, 3);
        _view.Gap(Id(1), "log_truncated");
        Hear(1, 4, 5);

        AssertFaults();
    }

    [Test]
    public void WhatIsNew_AfterWhatWasCutOff_IsOutOfOrder()
    {
        CutAndWrite(4, 5);
        Come(1);
        Hear(1, 2, 5);

        AssertFaults(OutOfOrder);
    }

    [Test]
    public void WhatWasCutOff_AfterTheGap_IsOutOfOrder()
    {
        CutAndWrite(4);
        Come(3);
        _view.Gap(Id(1), "log_truncated");
        Hear(1, 2);

        AssertFaults(OutOfOrder);
    }

    [Test]
    public void GapOfACut_ThatIsBehindAllThatTheClientHasAndGets_IsUnjustified()
    {
        Come(0);
        Hear(0, 1, 2);
        _truth.Cut(Place, 3);
        _view.Gap(Id(2), "log_truncated");
        Hear(2, 3);

        AssertFaults(UnjustifiedGap);
    }

    /// <summary>2 and 3 are cut off, and these stand in their place.</summary>
    private void CutAndWrite(params ReadOnlySpan<int> numbers)
    {
        _truth.Cut(Place, 1);
        Write(1, numbers);
    }

    /// <summary>Writes messages, one after another from an offset on.</summary>
    private void Write(long offset, params ReadOnlySpan<int> numbers)
    {
        foreach (var number in numbers)
        {
            _truth.Write(new WrittenMessage(Place, offset++, "alice", number));
        }
    }

    private void Come(long at)
    {
        _view.ComeBack(Id(at));
        _view.Reply(Id(at));
    }

    /// <summary>The client is given messages, one after another from an offset on.</summary>
    private void Hear(long offset, params ReadOnlySpan<int> numbers)
    {
        foreach (var number in numbers)
        {
            _view.Message(Id(++offset), number);
        }
    }

    private void AssertFaults(params ResumeFaultKind[] expected) =>
        Assert.That(_view.End().Select(fault => fault.Kind), Is.EqualTo(expected), () => string.Join(Environment.NewLine, _view.Faults));

    private static string Id(long next) => TestPosition.Of(Place.Epoch, next).Id();
}
