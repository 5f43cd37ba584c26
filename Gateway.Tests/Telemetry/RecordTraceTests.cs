using System.Diagnostics;
using System.Text;
using NUnit.Framework;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Telemetry;

internal sealed class RecordTraceTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Sender = "b7ad6b7169203331";

    [TestCase("01")]
    [TestCase("03")]
    [TestCase("ff")]
    public void Read_SampledParent_IsTheSender(string flags)
    {
        var read = Read($"00-{Trace}-{Sender}-{flags}", "a=1,b=2")!.Sender;
        Assert.That((read.TraceId.ToHexString(), read.SpanId.ToHexString(), read.IsRemote, read.TraceState), Is.EqualTo((Trace, Sender, true, "a=1,b=2")));
        Assert.That(read.TraceFlags & ActivityTraceFlags.Recorded, Is.EqualTo(ActivityTraceFlags.Recorded));
    }

    [TestCase($"00-{Trace}-{Sender}-00")]
    [TestCase($"00-{Trace}-{Sender}-02")]
    [TestCase($"00-{Trace}-{Sender}-0")]
    [TestCase($"00-{Trace}-{Sender}-01-more")]
    [TestCase($"00-00000000000000000000000000000000-{Sender}-01")]
    [TestCase($"00-{Trace}-0000000000000000-01")]
    [TestCase($"ff-{Trace}-{Sender}-01")]
    [TestCase("000000000000000000000000000000000000000000000000000001")]
    [TestCase("0000000000000000000000000000000000000000000000000000001")]
    [TestCase("anything")]
    [TestCase("")]
    public void Read_AnythingElse_IsNoTrace(string parent) => Assert.That(Read(parent), Is.Null);

    [TestCase(512, true)]
    [TestCase(513, false)]
    public void Read_LongState_IsLeftOut(int length, bool isKept) =>
        Assert.That(Read($"00-{Trace}-{Sender}-01", "a=" + new string('x', length - 2))!.Sender.TraceState is not null, Is.EqualTo(isKept));

    [Test]
    public void Read_StateOfOtherBytes_IsLeftOut() => Assert.That(Read($"00-{Trace}-{Sender}-01", "a=ü")!.Sender.TraceState, Is.Null);

    private static RecordTrace? Read(string parent, string state = "") => RecordTrace.Read(Encoding.UTF8.GetBytes(parent), Encoding.UTF8.GetBytes(state));
}
