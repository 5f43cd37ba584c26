using NUnit.Framework;
using static RigKafka.Tests.Support.ResumeFaultKind;

namespace RigKafka.Tests.Delivery;

/// <summary>The checker of the stories finds each kind of fault, and none where there is none. Alice has 1, 3 and 5, bob 2 and 4; 5 is in another partition.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ResumeViewTests
{
    private readonly ResumeTruth _truth = new();
    private readonly ResumeView _view;

    public ResumeViewTests()
    {
        Write(1, "alice", 0, 0);
        Write(2, "bob", 0, 1);
        Write(3, "alice", 0, 2);
        Write(4, "bob", 0, 3);
        Write(5, "alice", 1, 0);
        Write(6, "alice", 0, 4, isTooLarge: true);
        _view = new ResumeView("client", _truth, new HashSet<string> { "alice" });
    }

    [Test]
    public void View_OfAClientThatIsGivenEverything_FindsNothing()
    {
        Come(null, Id(0, 0));
        _view.Message(Id(1, 0), 1);
        _view.Message(Id(1, 1), 5);
        _view.Passed(Id(2, 1));
        Come(Id(1, 0), Id(1, 0));
        _view.Message(Id(3, 0), 3);
        _view.Message(Id(3, 1), 5);
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults();
    }

    [Test]
    public void Message_ThatNeverCame_IsLost()
    {
        Come(null, Id(0, 1));
        _view.Message(Id(3, 1), 3);
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults(Lost);
    }

    [Test]
    public void Message_ThatIsMissingAtTheEnd_IsLost()
    {
        Come(null, Id(2, 0));
        _view.Message(Id(3, 0), 3);

        AssertFaults(Lost, Lost);
    }

    [Test]
    public void Message_ThatComesAgain_IsTwice()
    {
        Come(null, Id(3, 1));
        Come(Id(2, 1), Id(2, 1));
        _view.Message(Id(3, 1), 3);
        _view.Message(Id(3, 1), 3);
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults(Twice);
    }

    [Test]
    public void Message_ThatComesAgain_ToAClientThatStoppedBeforeIt_IsRight()
    {
        Come(null, Id(2, 1));
        _view.Message(Id(3, 1), 3);
        Come(Id(2, 1), Id(2, 1));
        _view.Message(Id(3, 1), 3);
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults();
    }

    [Test]
    public void Message_AfterALaterOne_IsOutOfOrder()
    {
        Come(null, Id(0, 1));
        _view.Message(Id(3, 1), 3);
        _view.Message(Id(3, 1), 1);
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults(Lost, OutOfOrder);
    }

    [TestCase(2)]
    [TestCase(99)]
    public void Message_OfAnotherUser_OrThatNobodyWrote_IsOfOthers(int number)
    {
        Come(null, Id(3, 1));
        _view.Message(Id(3, 1), number);
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults(OfOthers);
    }

    [Test]
    public void TooLarge_WhereAnotherOneStoodThatWasCutOff_IsOne()
    {
        Write(7, "alice", 1, 1, isTooLarge: true);
        _truth.Cut(new ResumePlace(7, 1), 1);
        Write(8, "bob", 1, 1);
        Write(9, "bob", 1, 2);
        Come(Id(3, 1), Id(3, 1));
        _view.Gap(Id(5, 3), "too_large");

        AssertFaults();
    }

    [Test]
    public void TooLarge_WhereAnotherOneStoodLastThatWasCutOff_IsOne()
    {
        Write(7, "alice", 1, 1, isTooLarge: true);
        _truth.Cut(new ResumePlace(7, 1), 1);
        Write(8, "bob", 1, 1);
        Come(Id(3, 1), Id(3, 1));
        _view.Gap(Id(5, 2), "too_large");

        AssertFaults();
    }

    [TestCase("retention")]
    [TestCase("topic_recreated")]
    [TestCase("log_truncated")]
    [TestCase("too_much")]
    [TestCase("busy")]
    [TestCase("unknown_position")]
    [TestCase("too_large")]
    public void Gap_WhereNothingWasLost_IsUnjustified(string reason)
    {
        Come(null, Id(3, 1));
        _view.Gap(Id(4, 1), reason);
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults(UnjustifiedGap);
    }

    [Test]
    public void Gap_WhereTheLogHasRemovedSomething_IsJustified_AndNothingBeforeItIsLost()
    {
        _truth.Remove(new ResumePlace(7, 0), 3);
        Come(null, Id(2, 1));
        _view.Gap(Id(4, 1), "retention");
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults();
    }

    [Test]
    public void Gap_WhereTheLogHasRemovedOnlyWhatTheClientHas_IsUnjustified()
    {
        _truth.Remove(new ResumePlace(7, 0), 3);
        Come(null, Id(3, 1));
        _view.Gap(Id(4, 1), "retention");
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults(UnjustifiedGap);
    }

    [Test]
    public void Gap_OfAResume_AfterAMessage_IsLate()
    {
        _truth.WasAway = true;
        Come(null, Id(2, 1));
        _view.Message(Id(3, 1), 3);
        _view.Gap(Id(5, 1), "busy");

        AssertFaults(LateGap);
    }

    [Test]
    public void Id_ThatCoversWhatWasNotGiven_SaysMore([Values] bool isHeartbeat)
    {
        Come(null, Id(2, 0));
        if (isHeartbeat)
        {
            _view.Passed(Id(3, 1));
        }
        else
        {
            _view.Message(Id(3, 1), 3);
        }

        _view.Gap(Id(5, 1), "too_large");

        AssertFaults([IdSaysMore, .. isHeartbeat ? [IdSaysMore] : Array.Empty<ResumeFaultKind>()]);
    }

    [Test]
    public void Id_OfTheReply_ThatIsNotTheClients_SaysMore()
    {
        Come(null, Id(3, 1));
        Come(Id(3, 1), Id(4, 1));
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults(IdSaysMore);
    }

    [Test]
    public void Id_ThatDoesNotCoverWhatWasGiven_SaysLess()
    {
        Come(null, Id(3, 1));
        _view.Passed(Id(3, 0));
        _view.Message(Id(3, 1), 5);
        _view.Gap(Id(5, 1), "too_large");

        AssertFaults(IdSaysLess);
    }

    [Test]
    public void Message_OfATopicThatWasCreatedAgain_IsLost_UnlessAGapCameBefore([Values] bool isTold)
    {
        _truth.Delete(7);
        _truth.Write(new WrittenMessage(new ResumePlace(8, 0), 0, "alice", 10));
        Come(null, Id(3, 1));
        if (isTold)
        {
            _view.Gap(Id(8u, 0L), "topic_recreated");
        }

        _view.Message(Id(8u, 1L), 10);

        AssertFaults(isTold ? [] : [Lost, IdSaysMore]);
    }

    private void Come(string? since, string reply)
    {
        _view.ComeBack(since);
        _view.Reply(reply);
    }

    private void AssertFaults(params ResumeFaultKind[] expected) =>
        Assert.That(_view.End().Select(fault => fault.Kind), Is.EqualTo(expected), () => string.Join(Environment.NewLine, _view.Faults));

    private void Write(int number, string user, int partition, long offset, bool isTooLarge = false) =>
        _truth.Write(new WrittenMessage(new ResumePlace(7, partition), offset, user, number, IsTooLarge: isTooLarge));

    private static string Id(int first, int second) => Id(7u, first, second);

    private static string Id(uint epoch, params long[] next) => TestPosition.Of(epoch, next).Id();
}
