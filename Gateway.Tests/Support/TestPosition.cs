using System.Text;
using RigKafka.Messages;

namespace RigKafka.Tests.Support;

/// <summary>Positions, their ids, and what they say of each partition.</summary>
internal static class TestPosition
{
    /// <summary>A position of one source topic, which has these partitions.</summary>
    public static Position Of(uint epoch, params ReadOnlySpan<long> next)
    {
        var position = new Position(1);
        position.Place(0, epoch, next);
        return position;
    }

    public static string Id(this Position position) => Encoding.ASCII.GetString(position.ToId());

    public static Position Parse(string id) => Position.TryParse(Encoding.ASCII.GetBytes(id), out var position)
        ? position
        : throw new FormatException($"Not an id: {id}");

    public static IEnumerable<uint> Epochs(this Position position) => Enumerable.Range(0, position.SourceTopicCount).Select(position.Epoch);

    /// <summary>The next offset of each partition.</summary>
    public static IEnumerable<(ResumePlace Place, long Next)> Places(this Position position) =>
        Enumerable.Range(0, position.SourceTopicCount).SelectMany(index => position.Offsets(index).ToArray()
            .Select((next, partition) => (new ResumePlace(position.Epoch(index), partition), next)));

    public static string Text(this Position position) =>
        string.Join(' ', position.Places().Select(at => $"{at.Place.Epoch}/{at.Place.Partition}/{at.Next}"));
}
