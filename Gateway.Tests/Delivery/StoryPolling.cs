using System.Text;
using System.Text.Json;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Transports;

namespace RigKafka.Tests.Delivery;

/// <summary>A client with several channels by long polling: it has a poll open all the time, and takes its answer when the story looks.</summary>
internal sealed class StoryPolling(
    string name, string user, IReadOnlyDictionary<string, ResumeView> views, string[] others, int vsn)
    : StorySocket(name, user, views, others, vsn)
{
    private LongPollWire _polled = new();
    private Task<byte[]> _poll = Task.FromResult<byte[]>([]);

    protected override (Connection, ChannelFormat) Connect(StoryNode node, StoryWire wire, ChannelCodec codec, Holder holder)
    {
        (_polled, _poll) = (new LongPollWire(), Task.FromResult<byte[]>([]));
        var format = LongPollWire.Format(codec);
        return (node.Registry.Add(_polled, format, "longpoll", holder), format);
    }

    protected override byte[] Fetch()
    {
        if (!_poll.IsCompleted || !Wire.ReadsAll)
        {
            return [];
        }

        var answer = _poll.Result;
        _poll = _polled.Poll(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
        Node!.Touch();
        return Lines(answer);
    }

    /// <summary>An answer that breaks off is none.</summary>
    protected override int Break(int length, Random random) => 0;

    protected override void Abort()
    {
        base.Abort();
        _polled.Abort();
    }

    /// <summary>Each frame comes after a comma: an object in version 1, a text in version 2.</summary>
    private static byte[] Lines(byte[] answer)
    {
        using var frames = JsonDocument.Parse($"[{Encoding.UTF8.GetString(answer.AsSpan(Math.Min(1, answer.Length)))}]");
        var lines = frames.RootElement.EnumerateArray()
            .Select(frame => frame.ValueKind == JsonValueKind.String ? frame.GetString() : frame.GetRawText());
        return Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
    }
}
