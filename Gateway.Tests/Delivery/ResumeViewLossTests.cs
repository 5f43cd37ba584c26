using System.Text;
using NUnit.Framework;
using RigKafka.Messages;
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
        Write(1, 0);
        Write(2, 1);
        Write(3, 2);
        _view = new ResumeView("client", _truth, new HashSet<string> { "alice" });
    }

    [Test]
    public void GapOfACompactedTopic_IsJustified_ForAClientThatComesBack_AndForNoOther([Values] bool isResume)
    {
        _truth.Compact(Place.Epoch);
        Come(isResume ? 0 : 2);
        if (!isResume)
        {
            _view.Message(Id(3), 3);
            Write(4, 3);
        }

        _view.Gap(Id(isResume ? 3 : 4), "retention");

        AssertFaults(isResume ? [] : [UnjustifiedGap]);
    }

    [Test]
    public void Compacted_WithoutAGap_IsLost()
    {
        _truth.Compact(Place.Epoch);
        Come(0);
        _view.Message(Id(3), 3);

        AssertFaults(Lost, Lost);
    }

    [Test]
    public void CutWhileAClientIsAway_IsToldByAGap_AndWhatIsNewFollows()
    {
        _truth.Cut(Place, 1);
        Write(4, 1);
        Come(3);
        _view.Gap(Id(1), "log_truncated");
        _view.Message(Id(2), 4);

        AssertFaults();
    }

    [Test]
    public void CutThatANodeFindsLate_LetsItGiveWhatWasThere_ThenAGap_ThenWhatIsNew()
    {
        _truth.Cut(Place, 1);
        Write(4, 1);
        Write(5, 2);
        Come(0);
        _view.Message(Id(1), 1);
        _view.Message(Id(2), 2);
        _view.Gap(Id(1), "log_truncated");
        _view.Message(Id(2), 4);
        _view.Message(Id(3), 5);

        AssertFaults();
    }

    [Test]
    public void Cut_WithoutAGap_IsFound_WhetherTheClientComesOrIsThere([Values] bool isThere)
    {
        _truth.Cut(Place, 1);
        Write(4, 1);
        Come(isThere ? 1 : 3);
        if (isThere)
        {
            _view.Message(Id(2), 2);
            _view.Message(Id(3), 3);
        }

        _view.Message(Id(2), 4);

        AssertFaults(OutOfOrder, IdSaysLess);
    }

    [Test]
    public void CutThatANodeFindsAfterItHasReadAgainWhatIsNew_GivesThatOnceMore_AfterAGap()
    {
        _truth.Cut(Place, 1);
        Write(4, 1);
        Write(5, 2);
        Come(0);
        _view.Message(Id(1), 1);
        _view.Message(Id(2), 4);
        _view.Message(Id(3), 3);
        _view.Gap(Id(1), "log_truncated");
        _view.Message(Id(2), 4);
        _view.Message(Id(3), 5);

        AssertFaults();
    }

    [Test]
    public void WhatIsNew_AfterWhatWasCutOff_IsOutOfOrder()
    {
        _truth.Cut(Place, 1);
        Write(4, 1);
        Write(5, 2);
        Come(1);
        _view.Message(Id(2), 2);
        _view.Message(Id(3), 5);

        AssertFaults(OutOfOrder);
    }

    [Test]
    public void WhatWasCutOff_AfterTheGap_IsOutOfOrder()
    {
        _truth.Cut(Place, 1);
        Write(4, 1);
        Come(3);
        _view.Gap(Id(1), "log_truncated");
        _view.Message(Id(2), 2);

        AssertFaults(OutOfOrder);
    }

    [Test]
    public void GapOfACut_ThatIsBehindAllThatTheClientHasAndGets_IsUnjustified()
    {
        Come(0);
        _view.Message(Id(1), 1);
        _view.Message(Id(2), 2);
        _truth.Cut(Place, 3);
        _view.Gap(Id(2), "log_truncated");
        _view.Message(Id(3), 3);

        AssertFaults(UnjustifiedGap);
    }

    private void Come(long at)
    {
        _view.ComeBack(Id(at));
        _view.Reply(Id(at));
    }

    private void Write(int number, long offset) => _truth.Write(new WrittenMessage(Place, offset, "alice", number));

    private void AssertFaults(params ResumeFaultKind[] expected) =>
        Assert.That(_view.End().Select(fault => fault.Kind), Is.EqualTo(expected), () => string.Join(Environment.NewLine, _view.Faults));

    private static string Id(long next)
    {
        var position = new Position(1);
        position.Place(0, Place.Epoch, [next]);
        return Encoding.ASCII.GetString(position.ToId());
    }
}
