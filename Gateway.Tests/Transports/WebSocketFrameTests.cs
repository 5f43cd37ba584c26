using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

internal sealed class WebSocketFrameTests
{
    [TestCase(0, new byte[] { 0x81, 0 })]
    [TestCase(1, new byte[] { 0x81, 1 })]
    [TestCase(125, new byte[] { 0x81, 125 })]
    [TestCase(126, new byte[] { 0x81, 126, 0, 126 })]
    [TestCase(65_535, new byte[] { 0x81, 126, 0xff, 0xff })]
    [TestCase(65_536, new byte[] { 0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0 })]
    [TestCase(1_000_000, new byte[] { 0x81, 127, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40 })]
    public void Text_HasTheShortestHeaderThatSaysItsLength(int length, byte[] header)
    {
        var payload = new byte[length];
        new Random(length).NextBytes(payload);
        var frame = WebSocketFrame.Text(payload);

        Assert.That(frame[..header.Length], Is.EqualTo(header));
        Assert.That(frame.AsSpan(header.Length).SequenceEqual(payload), Is.True);
    }

    [Test]
    public void Close_CarriesItsCodeAndItsReasonsName() => Assert.That(WebSocketFrame.Close(CloseReason.Shutdown), Is.EqualTo((byte[])[0x88, 10, 3, 0xe9, .. "shutdown"u8]));

    [Test]
    public void Ping_IsEmpty() => Assert.That(WebSocketFrame.Ping, Is.EqualTo(new byte[] { 0x89, 0 }));
}
