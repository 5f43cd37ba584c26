using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.Tests.Kafka;

internal sealed class KafkaHealthTests
{
    private readonly FakeTimeProvider _time = new();
    private LogLines _lines = null!;
    private KafkaHealth _health = null!;

    [SetUp]
    public void StartWell()
    {
        _lines = new LogLines();
        _health = new KafkaHealth(_time, new KafkaTrouble(_time, new Logger<KafkaTrouble>(_lines.Factory())));
        _health.ReadingWorks();
    }

    [Test]
    public void OutOfReach_WithACauseNoticed_NamesTheCauseInOneLine()
    {
        _health.Noticed(new Error(ErrorCode.Local_Transport, "Connection refused\nby host"));
        _health.OutOfReach(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));

        Assert.That(_health.Now.Trouble, Is.EqualTo("Kafka is out of reach: Connection refused by host"));
    }

    [Test]
    public void OutOfReach_AfterAConnectionFailed_NamesWhyWithoutTheThread()
    {
        _health.Noticed(new LogMessage("client", SyslogLevel.Info, "FAIL", "[thrd:a:9092/bootstrap]: a:9092/bootstrap: Connect failed"));
        _health.Noticed(new LogMessage("client", SyslogLevel.Info, "TERMINATE", "[thrd:app]: unrelated"));
        _health.OutOfReach(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));

        Assert.That(_health.Now.Trouble, Is.EqualTo("Kafka is out of reach: a:9092/bootstrap: Connect failed"));
    }

    [Test]
    public void OutOfReach_OfATable_IsLoggedWithoutItsName_SinceItIsAboutAll()
    {
        var table = new KafkaHealth(_time, new KafkaTrouble(_time, new Logger<KafkaTrouble>(_lines.Factory())), "Table t: ");
        table.OutOfReach(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));
        Assert.That(table.Now.Trouble, Is.EqualTo("Table t: Kafka is out of reach: 1/1 brokers are down"));

        table.ReadingFails("it has no leader.");

        Assert.That(table.Now.Trouble, Is.EqualTo("Table t: it has no leader."));
        Assert.That(_lines.Of("KafkaTrouble"), Is.EqualTo(["Kafka is out of reach: 1/1 brokers are down"]));
    }

    [Test]
    public void OutOfReach_BeforeTheBrokerEverSpoke_DoubtsTheProtocol()
    {
        var hungUp = new LogMessage("client", SyslogLevel.Info, "FAIL", "[thrd:a:9092]: a:9092: Disconnected: connection closed by peer");
        var down = new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down");
        _health.Noticed(hungUp);
        _health.OutOfReach(down);
        Assert.That(_health.Now.Trouble, Does.EndWith("; is KAFKA_SECURITY_PROTOCOL what this listener of the broker speaks?"));

        _health.Placed();
        _health.OutOfReach(down);
        Assert.That(_health.Now.Trouble, Does.EndWith("closed by peer"));
    }

    [Test]
    public void ReadingWorks_AfterTrouble_ClearsItAndStaysReady()
    {
        _health.Placed();
        _health.ReadingFails("trouble");
        Assert.That(_health.Now, Is.EqualTo(new LogHealth(true, "trouble")));

        _health.ReadingWorks();

        Assert.That(_health.Now, Is.EqualTo(new LogHealth(true, null)));
    }

    [Test]
    public void WritingFails_WithoutAnotherAttempt_IsForgottenAfterAWhile()
    {
        _health.WritingFails(new Error(ErrorCode.NotEnoughReplicas, "too few"));
        Assert.That(_health.Now.Trouble, Is.EqualTo("Messages are not stored: too few"));

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.That(_health.Now.Trouble, Is.Null);
    }

    [Test]
    public void WritingFails_ForWantOfTime_NamesTheConnectionThatFailed()
    {
        _health.Noticed(new LogMessage("client", SyslogLevel.Info, "FAIL", "[thrd:a:9092]: a:9092: Connection refused"));
        _health.WritingFails(new Error(ErrorCode.NotEnoughReplicas, "too few"));
        Assert.That(_health.Now.Trouble, Is.EqualTo("Messages are not stored: too few"));

        _health.WritingFails(new Error(ErrorCode.Local_MsgTimedOut, "timed out"));
        Assert.That(_health.Now.Trouble, Is.EqualTo("Messages are not stored: timed out (a:9092: Connection refused)"));
    }

    [Test]
    public void Cause_OfLongAgo_IsNotThatOfWhatFailsNow()
    {
        _health.Noticed(new LogMessage("client", SyslogLevel.Info, "FAIL", "[thrd:a:9092]: a:9092: Connection refused"));
        _time.Advance(TimeSpan.FromSeconds(30));
        _health.WritingFails(new Error(ErrorCode.Local_MsgTimedOut, "timed out"));
        Assert.That(_health.Now.Trouble, Is.EqualTo("Messages are not stored: timed out"));

        _health.OutOfReach(new Error(ErrorCode.Local_AllBrokersDown, "1/1 brokers are down"));
        Assert.That(_health.Now.Trouble, Is.EqualTo("Kafka is out of reach: 1/1 brokers are down"));
    }

    [Test]
    public void WritingWorks_AfterTrouble_ClearsIt()
    {
        _health.WritingFails(new Error(ErrorCode.NotEnoughReplicas, "too few"));

        _health.WritingWorks();

        Assert.That(_health.Now.Trouble, Is.Null);
    }
}
