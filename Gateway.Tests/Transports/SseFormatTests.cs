using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using RigKafka.Connections;
using RigKafka.Messages;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

internal sealed class SseFormatTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\r\n" };
    private static readonly SseFormat[] Formats = [SseFormat.Plain, SseFormat.Chunked];

    /// <summary>Whatever text is in a message, written on one line or many: a client reads one event with the same value.</summary>
    [Test]
    public void Encode_OfAnyMessage_IsReadAsOneEventWithTheSameValue() => Prop.ForAll(
        ArbMap.Default.ArbFor<(string? Text, bool Indented, PositiveInt Offset)>(), given =>
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(new { user = "alice", text = given.Text }, given.Indented ? Indented : JsonSerializerOptions.Default);
            if (Message.TryParse(json, "user"u8, out var message) != MessageFault.None)
            {
                return false;
            }

            var position = TestPosition.Of(7, given.Offset.Get);
            var pushed = new Event("user:alice", "message", message.Json, position.ToId(), 0);
            return Array.TrueForAll(Formats, format => Text(format, pushed.Frame(format)) is [var only]
                && only.Id == position.Id()
                && only.Name == "message"
                && JsonDocument.Parse(only.Data!).RootElement.GetProperty("text").GetString() == JsonDocument.Parse(json).RootElement.GetProperty("text").GetString());
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Encode_OfAMessage_IsTheseBytes() =>
        Assert.That(Encoding.UTF8.GetString(SseFormat.Plain.Encode(new Event("user:alice", "message", "{}"u8.ToArray(), "1abc"u8.ToArray(), 0))),
            Is.EqualTo("event: message\ndata: {}\nid: 1abc\n\n"));

    [Test]
    public void Encode_WithoutAnId_LeavesItOut() =>
        Assert.That(Text(SseFormat.Plain, SseFormat.Plain.Encode(new Event("", "gap", "{}"u8.ToArray(), [], 0))), Is.EqualTo(new[] { new SseEvent(null, "gap", "{}") }));

    [Test]
    public void Heartbeat_HasAnIdAndNoData() => Each(format =>
        Assert.That(Text(format, format.Heartbeat("1abc"u8)), Is.EqualTo(new[] { new SseEvent("1abc", "heartbeat", null) })));

    /// <summary>H1.</summary>
    [Test]
    public void HeartbeatWithPosition_IsFollowedByTheIdWithData()
    {
        const string Told = "event: heartbeat\nid: 1abc\n\nevent: position\ndata: {}\nid: 1abc\n\n";

        Assert.That(Encoding.UTF8.GetString(SseFormat.Plain.HeartbeatWithPosition("1abc"u8)), Is.EqualTo(Told));
        Assert.That(Encoding.UTF8.GetString([.. Chunks(SseFormat.Chunked.HeartbeatWithPosition("1abc"u8)).SelectMany(chunk => chunk)]), Is.EqualTo(Told));
    }

    [Test]
    public void Closing_SaysWhyAndThenTheOriginalsLastWords() => Each(format =>
        Assert.That(Text(format, format.Encode(Event.Closing("join_denied", reconnect: false))).Concat(Text(format, format.End(CloseReason.JoinDenied))), Is.EqualTo(new[]
        {
            new SseEvent(null, "closing", """{"reason":"join_denied","reconnect":false}"""),
            new SseEvent(null, "closing connection", null),
        })));

    [Test]
    public void Frame_OfTheChunkedFormat_IsOneChunkOfWhatThePlainOneWrites([Values(0, 1, 15, 16, 4_000, 70_000)] int size)
    {
        var pushed = new Event("user:alice", "message", Encoding.ASCII.GetBytes(new string('x', size)), "1"u8.ToArray(), 0);

        Assert.That(Chunks(SseFormat.Chunked.Encode(pushed)), Is.EqualTo(new[] { SseFormat.Plain.Encode(pushed) }));
    }

    [Test]
    public void Frames_OneAfterTheOther_AreAChunkedBody()
    {
        var pushed = new Event("user:alice", "message", "{}"u8.ToArray(), "1"u8.ToArray(), 0);
        byte[] body = [.. SseFormat.Chunked.Encode(pushed), .. SseFormat.Chunked.Heartbeat("2"u8), .. SseFormat.Chunked.Encode(Event.Closing("shutdown", reconnect: true)), .. SseFormat.Chunked.End(CloseReason.Shutdown)];

        var names = SseParser.Parse([.. Chunks(body).SelectMany(chunk => chunk)]).Select(parsed => parsed.Name);
        Assert.That(string.Join(", ", names), Is.EqualTo("message, heartbeat, closing, closing connection"));
    }

    private static void Each(Action<SseFormat> check) => Array.ForEach(Formats, check);

    private static List<SseEvent> Text(SseFormat format, byte[] frame) => SseParser.Parse(format == SseFormat.Chunked ? Chunks(frame).Single() : frame);

    /// <summary>Undoes HTTP/1.1's chunked coding (RFC 9112, section 7.1), without the last chunk, and gives each chunk.</summary>
    private static List<byte[]> Chunks(byte[] coded)
    {
        var chunks = new List<byte[]>();
        var rest = coded.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf("\r\n"u8);
            var size = int.Parse(Encoding.ASCII.GetString(rest[..end]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            rest = rest[(end + 2)..];
            chunks.Add(rest[..size].ToArray());
            rest = rest[size..];
            if (!rest.StartsWith("\r\n"u8))
            {
                throw new FormatException("A chunk is not as long as it says.");
            }

            rest = rest[2..];
        }

        return chunks;
    }
}
