using System.Buffers;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Delivery;

/// <summary>
/// The messages that a client missed, as the frames of its transport. The id of each is the client's own position, moved on by this message:
/// an id that all clients share would say more than this one has.
/// </summary>
/// <param name="from">Where the client is.</param>
/// <param name="format">How its events look.</param>
/// <param name="mostBytes">How many bytes it may be.</param>
/// <param name="room">The room for those of all clients, of which it takes its part until it is disposed of.</param>
internal sealed class Replay(Position from, WireFormat format, int mostBytes, ReplayRoom room) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _frames = new();
    private readonly Position _position = from.Copy();

    /// <summary>How many messages it has.</summary>
    public int Messages { get; private set; }

    public byte[] Frames => _frames.WrittenSpan.ToArray();

    /// <summary>Adds a message; false when there is no room for it.</summary>
    /// <param name="record">Where it stands in the log.</param>
    /// <param name="topic">The topic of its user.</param>
    /// <param name="json">The message; empty for one that is too large for any outbox.</param>
    public bool Add(in LogRecord record, string topic, ReadOnlyMemory<byte> json)
    {
        _position.Advance(record.SourceTopicIndex, record.Partition, record.Offset + 1);
        var id = _position.ToId();
        var frame = format.Encode(
            json.IsEmpty ? Event.Gap(topic, MessageFault.TooLarge.Word(), id) : Event.Message(topic, json, id, record.Timestamp));
        if (_frames.WrittenCount + frame.Length > mostBytes || !room.TryTake(frame.Length))
        {
            return false;
        }

        _frames.Write(frame);
        Messages++;
        return true;
    }

    public void Dispose()
    {
        room.GiveBack(_frames.WrittenCount);
        _frames.Clear();
    }
}
