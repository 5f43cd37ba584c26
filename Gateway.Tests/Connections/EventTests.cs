using System.Text;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Tests.Connections;

internal sealed class EventTests
{
    [Test]
    public void Frame_InAFormatThatIsYoungerThanTheEvent_IsMade()
    {
        var gap = Event.Gap("", "retention", []);
        var younger = new ChannelFormat(ChannelCodec.V1, static message => message, []);

        Assert.That(gap.Frame(younger), Is.EqualTo(younger.Encode(gap)));
        Assert.That(Encoding.UTF8.GetString(gap.Frame(younger)), Does.Contain("retention"));
    }
}
