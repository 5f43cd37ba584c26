using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KafkaTroubleTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _lines = new();
    private readonly KafkaTrouble _trouble;
    private readonly object _reader = new();
    private readonly object _table = new();
    private readonly object _writer = new();

    public KafkaTroubleTests()
    {
        _trouble = new KafkaTrouble(_time, new Logger<KafkaTrouble>(_lines.Factory()));
        Pass(1);
        _trouble.Ends(_reader);
        _trouble.Ends(_table);
    }

    [Test]
    public void Start_FirstContact_IsSaidOnce() => Assert.That(Said(), Is.EqualTo(["Information KafkaWell Kafka is within reach, after 1 s."]));

    [Test]
    public void Start_WithoutContact_SaysSo()
    {
        var trouble = new KafkaTrouble(_time, new Logger<KafkaTrouble>(_lines.Factory()));
        Said();
        trouble.Goes(_reader, "refused");
        Pass(7);
        trouble.Ends(_reader);

        Assert.That(Said(), Is.EqualTo(["Warning KafkaTrouble refused", "Information KafkaWell Kafka is within reach, after 7 s."]));
    }

    [Test]
    public void Start_WithATopicThatIsCreated_IsNoTrouble()
    {
        var trouble = new KafkaTrouble(_time, new Logger<KafkaTrouble>(_lines.Factory()));
        Said();
        trouble.Goes(_table, "just created", isPassing: true);
        Pass(1);
        trouble.Ends(_table);

        Assert.That(Said(), Is.EqualTo(["Information KafkaWell Kafka is within reach, after 1 s."]));
    }

    [Test]
    public void TroubleThatIsBoundToPass_IsSaidIfItDoesNot_AndHidesNoOther()
    {
        Settle();
        _trouble.Goes(_table, "just created", isPassing: true);
        Pass(1);
        _trouble.Ends(_table);
        Assert.That(Said(), Is.Empty);

        Pass(60);
        _trouble.Goes(_table, "just created", isPassing: true);
        Pass(5);
        _trouble.Goes(_table, "still not known", isPassing: true);
        Assert.That(Said(), Is.EqualTo(["Warning KafkaTrouble still not known"]));
        _trouble.Ends(_table);
        Said();

        Pass(60);
        _trouble.Goes(_table, "just created", isPassing: true);
        _trouble.Goes(_reader, "refused");
        Assert.That(Said(), Is.EqualTo(["Warning KafkaTrouble refused"]));
    }

    [Test]
    public void Outage_OfAllClients_IsOneLine_OneAMinute_AndOne()
    {
        Settle();
        for (var second = 0; second < 150; second++)
        {
            _trouble.Goes(_reader, $"reader {second}");
            _trouble.Goes(_table, $"table {second}");
            _trouble.Goes(_writer, $"writer {second}", TimeSpan.FromSeconds(10));
            Pass(1);
        }

        _trouble.Ends(_reader);
        _trouble.Ends(_writer);
        Assert.That(Said(), Is.EqualTo([
            "Warning KafkaTrouble reader 0",
            "Warning KafkaTroubleLasts Trouble with Kafka for 60 s: reader 60",
            "Warning KafkaTroubleLasts Trouble with Kafka for 120 s: reader 120",
        ]));

        _trouble.Ends(_table);
        _trouble.Ends(_reader);
        Assert.That(Said(), Is.EqualTo(["Information KafkaWell Kafka is within reach, after 150 s."]));
    }

    [Test]
    public void Outage_WithSlowLooks_IsSaidOnceAMinuteAllTheSame()
    {
        Settle();
        for (var i = 0; i < 20; i++)
        {
            _trouble.Goes(_reader, "out of reach");
            Pass(11);
        }

        Assert.That(Said().Skip(1).Select(line => line.Split(' ')[6]), Is.EqualTo(["66", "121", "187"]));
    }

    [TestCase("SASL authentication error: Authentication failed", "SSL handshake failed: certificate verify failed")]
    [TestCase("SSL handshake failed: certificate verify failed", "SASL authentication error: Authentication failed")]
    public void Fault_ThatWaitingDoesNotMend_HasALineOfItsOwn_Once(string fault, string another)
    {
        Settle();
        foreach (var trouble in new[] { "Connection refused", fault, "Connection refused", fault + " (3 times)", another, fault })
        {
            _trouble.Goes(_reader, trouble);
        }

        Assert.That(Said(), Is.EqualTo(["Warning KafkaTrouble Connection refused", $"Warning KafkaTrouble {fault}", $"Warning KafkaTrouble {another}"]));
    }

    [Test]
    public void Fault_ThatTroubleBeginsWith_IsSaidOnce()
    {
        Settle();
        _trouble.Goes(_reader, "Authentication failed");
        _trouble.Goes(_table, "Authentication failed");

        Assert.That(Said(), Is.EqualTo(["Warning KafkaTrouble Authentication failed"]));
    }

    [Test]
    public void Fault_OfOneClient_HidesNoOutage()
    {
        Settle();
        _trouble.Goes(_table, "Table t: Topic authorization failed");
        Pass(30);
        Assert.That(_trouble.Admits("a"), Is.True);
        _trouble.Goes(_reader, "Connection refused");
        _trouble.Goes(_table, "Connection refused");
        Pass(40);
        _trouble.Goes(_table, "Table t: Topic authorization failed");
        _trouble.Ends(_reader);
        Pass(10);
        _trouble.Ends(_table);

        Assert.That(Said(), Is.EqualTo([
            "Warning KafkaTrouble Table t: Topic authorization failed",
            "Warning KafkaTrouble Connection refused",
            "Warning KafkaTroubleLasts Trouble with Kafka for 70 s: Table t: Topic authorization failed",
            "Information KafkaWell Kafka is within reach, after 40 s.",
            "Information KafkaFaultMended Mended, after 80 s: Table t: Topic authorization failed",
        ]));
    }

    [Test]
    public void RightThatIsMissing_AfterAnOutage_SaysThatItIsOver()
    {
        Settle();
        _trouble.Goes(_reader, "Connection refused");
        Pass(7);
        _trouble.Goes(_reader, "rig: Topic authorization failed");

        Assert.That(Said(), Is.EqualTo([
            "Warning KafkaTrouble Connection refused",
            "Information KafkaWell Kafka is within reach, after 7 s.",
            "Warning KafkaTrouble rig: Topic authorization failed",
        ]));
    }

    [Test]
    public void Rights_ThatAreMissing_AreSaidOfEachClient_AWrongSettingOnceForAll()
    {
        Settle();
        foreach (var who in new[] { _reader, _table })
        {
            _trouble.Goes(who, $"{(who == _reader ? "rig" : "t")}: Topic authorization failed");
            _trouble.Goes(who, "Authentication failed");
        }

        Assert.That(Said(), Is.EqualTo([
            "Warning KafkaTrouble rig: Topic authorization failed",
            "Warning KafkaTrouble Authentication failed",
            "Warning KafkaTrouble t: Topic authorization failed",
        ]));

        _trouble.Ends(_reader);
        Assert.That(Said(), Is.EqualTo(["Information KafkaFaultMended Mended, after 0 s: rig: Topic authorization failed"]));
    }

    [Test]
    public void TroubleThatComesAndGoes_IsSaidOnceAMinute_AndTheLastWordIsHowItIs()
    {
        Settle();
        for (var second = 0; second < 100; second += 4)
        {
            _trouble.Goes(_writer, "one write failed", TimeSpan.FromSeconds(10));
            _trouble.Ends(_writer);
            Pass(4);
        }

        Assert.That(Said(), Is.EqualTo([
            "Warning KafkaTrouble one write failed", "Information KafkaWell Kafka is within reach, after 0 s.",
            "Warning KafkaTrouble one write failed", "Information KafkaWell Kafka is within reach, after 0 s.",
        ]));
    }

    [Test]
    public void TroubleSoonAfterOther_IsSaidOnceItHasLasted()
    {
        _trouble.Goes(_reader, "trouble 1");
        Assert.That(Said().Skip(1), Is.Empty);
        Pass(6);
        _trouble.Goes(_reader, "trouble 2");
        _trouble.Ends(_reader);

        Assert.That(Said(), Is.EqualTo(["Warning KafkaTrouble trouble 2", "Information KafkaWell Kafka is within reach, after 6 s."]));
    }

    [Test]
    public void WritingTrouble_ThatNobodySaysAgain_IsOverAfterItsTime()
    {
        Settle();
        _trouble.Goes(_writer, "not stored", TimeSpan.FromSeconds(10));
        Pass(9);
        _trouble.Ends(_reader);
        Assert.That(Said(), Is.EqualTo(["Warning KafkaTrouble not stored"]));
        Pass(2);
        _trouble.Ends(_reader);

        Assert.That(Said(), Is.EqualTo(["Information KafkaWell Kafka is within reach, after 11 s."]));
    }

    [Test]
    public void Admits_AFailure_OnceAMinute_AndNotWhileThereIsTrouble()
    {
        Assert.That((_trouble.Admits("a"), _trouble.Admits("a"), _trouble.Admits("b")), Is.EqualTo((true, false, true)));
        Pass(61);
        _trouble.Goes(_reader, "trouble");
        Assert.That(_trouble.Admits("a"), Is.False);
        _trouble.Ends(_reader);
        Assert.That(_trouble.Admits("a"), Is.True);
    }

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Long after the last line.</summary>
    private void Settle()
    {
        Pass(60);
        Said();
    }

    /// <summary>What was said since the last call.</summary>
    private IReadOnlyList<string> Said()
    {
        var lines = _lines.Lines;
        _lines.Clear();
        return lines;
    }
}
