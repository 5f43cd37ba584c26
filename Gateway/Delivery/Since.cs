using System.Text;
using RigKafka.Messages;

namespace RigKafka.Delivery;

/// <summary>From where a client wants to go on.</summary>
/// <param name="Id">The id of the last event that it has, as ASCII; empty where the node cannot read it.</param>
/// <param name="Position">What the id means; null where the node cannot read it.</param>
internal sealed record Since(byte[] Id, Position? Position)
{
    /// <summary>The most characters of an id: many times what any log needs, and little to read.</summary>
    private const int Longest = 64 * 1024;

    /// <summary>What a client says; null when it says nothing.</summary>
    public static Since? Of(string? id)
    {
        if (string.IsNullOrEmpty(id))
        {
            return null;
        }

        var ascii = id.Length <= Longest && Ascii.IsValid(id) ? Encoding.ASCII.GetBytes(id) : [];
        return Position.TryParse(ascii, out var position) && position.SourceTopicCount > 0 ? new Since(ascii, position) : new Since([], null);
    }
}
