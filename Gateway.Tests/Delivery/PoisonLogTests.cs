using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Delivery;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

internal sealed class PoisonLogTests
{
    [Test]
    public void Skip_OfSeveralKinds_NamesThoseThatHadNoLine_AndHowMany()
    {
        using var totals = new MetricTotals();
        var time = new FakeTimeProvider();
        var log = new LogLines<PoisonLog>();
        var poison = new PoisonLog(new MessageOptions(), totals.Metrics, time, log);
        var record = new LogRecord(0, 3, 7, 0, "secret"u8.ToArray());
        foreach (var fault in new[] { MessageFault.InvalidJson, MessageFault.NoUser, MessageFault.InvalidJson, MessageFault.NoUser, MessageFault.UserTwice })
        {
            poison.Skip("orders", record, fault);
        }

        foreach (var fault in new[] { MessageFault.NoUser, MessageFault.NoUser })
        {
            time.Advance(TimeSpan.FromSeconds(2));
            poison.Skip("orders", record, fault);
        }

        Assert.That(log.Lines, Has.Count.EqualTo(3));
        Assert.That(log.Lines[0], Does.Contain("(invalid_json)").And.Contain("0 more"));
        Assert.That(log.Lines[1], Does.Contain("(no_user)").And.Contain("4 more").And.Contain("invalid_json 1").And.Contain("no_user 2").And.Contain("user_twice 1"));
        Assert.That(log.Lines[2], Does.Contain("(no_user)").And.Contain("0 more"));
    }

    [Test]
    public void Skip_InAFlood_CountsEachAndLogsOneLineASecond()
    {
        using var totals = new MetricTotals();
        var time = new FakeTimeProvider();
        var log = new LogLines<PoisonLog>();
        var poison = new PoisonLog(new MessageOptions(), totals.Metrics, time, log);
        for (var offset = 0; offset < 250; offset++)
        {
            poison.Skip("orders", new LogRecord(0, 3, offset, 0, "secret"u8.ToArray()), MessageFault.InvalidJson);
            time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.That(totals["rig.messages.poison{kind=invalid_json}"], Is.EqualTo(250));
        Assert.That(log.Lines, Has.Count.EqualTo(3));
        Assert.That(log.Lines[1], Does.Contain("orders/3/100").And.Contain("(invalid_json)").And.Contain("99 more"));
        Assert.That(log.Lines, Has.None.Contain("secret"));
    }
}
