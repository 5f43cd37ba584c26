using System.Text;
using RigKafka.Delivery;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Delivery;

/// <summary>A history that is written as the fan-out does, for one source topic.</summary>
internal sealed class HistoryNode
{
    private int _written;

    public HistoryNode(int bytes = 1 << 16, int partitions = 1, long next = 0, TopicHash? hash = null)
    {
        History = new History(bytes, new MessageOptions(), sourceTopicCount: 1, hash ?? (topic => string.GetHashCode(topic)));
        Place(7, Enumerable.Repeat(next, partitions).ToArray());
    }

    public History History { get; }

    public Position Position { get; } = new(1);

    /// <summary>The beginning of the topic as it is now.</summary>
    public Position Zero => At(new long[Position.Offsets(0).Length]);

    /// <summary>Where the node is now.</summary>
    public Position Here => At(Position.Offsets(0).ToArray());

    public Position At(params long[] offsets) => TestPosition.Of(Position.Epoch(0), offsets);

    public static string Json(string user, int number, int pad = 0) => TestNode.Json(user, number, pad);

    public void Write(string user, int partition = 0, int pad = 0)
    {
        var (offset, number) = (Position.Offsets(0)[partition], _written++);
        History.Write(new LogRecord(0, partition, offset, number, null), Topic.OfUser(user), Encoding.UTF8.GetBytes(Json(user, number, pad)));
        Commit(partition, offset + 1);
    }

    public void Commit(int partition, long next)
    {
        History.Commit();
        Position.Advance(0, partition, next);
    }

    public void Place(uint epoch, long[] next, string? gap = null)
    {
        History.Place(new LogPlacement(0, epoch, next, gap), Position);
        Position.Place(0, epoch, next);
    }

    public Found Collect(Position from, params string[] users) => Collect(from, Position, History.Head, users);

    public Found Collect(Position from, Position to, long head, params string[] users) => Collect(from, to, head, int.MaxValue, users);

    public Found Collect(Position from, Position to, long head, int maxSteps, params string[] users)
    {
        var entries = new List<HistoryEntry>();
        var answer = History.Collect(from, to, head, users.Select(Topic.OfUser).ToHashSet(), ref maxSteps, (in entry) =>
        {
            entries.Add(entry);
            return true;
        });
        return new Found(answer, entries);
    }

    internal sealed record Found(HistoryAnswer Answer, List<HistoryEntry> Entries)
    {
        public IEnumerable<string> Texts => Entries.Select(entry => Encoding.UTF8.GetString(entry.Json.Span));
    }
}
