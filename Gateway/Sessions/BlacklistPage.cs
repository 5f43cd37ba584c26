using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Sessions;

/// <summary>
/// A part of the blacklist in the order of its keys, so that one page follows from the last one whatever changes in between.
/// </summary>
/// <param name="Entries">The entries of the page.</param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
internal sealed record BlacklistPage(IReadOnlyList<KeyValuePair<BlacklistKey, BlacklistEntry>> Entries, string? Next)
{
    private static readonly Comparer<string> Backwards = Comparer<string>.Create((a, b) => string.CompareOrdinal(b, a));

    /// <summary>The page that follows a key.</summary>
    public static BlacklistPage Of(Blacklist blacklist, string after, int limit)
    {
        // One more than asked for tells whether anything follows; those that lie furthest behind drop out first.
        var first = new PriorityQueue<KeyValuePair<BlacklistKey, BlacklistEntry>, string>(limit + 2, Backwards);
        foreach (var entry in blacklist.Entries)
        {
            if (string.CompareOrdinal(entry.Key.Text, after) > 0)
            {
                first.Enqueue(entry, entry.Key.Text);
                if (first.Count > limit + 1)
                {
                    first.Dequeue();
                }
            }
        }

        var hasNext = first.Count > limit;
        if (hasNext)
        {
            first.Dequeue();
        }

        var entries = new KeyValuePair<BlacklistKey, BlacklistEntry>[first.Count];
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            entries[i] = first.Dequeue();
        }

        return new BlacklistPage(entries, hasNext ? entries[^1].Key.Text : null);
    }

    /// <summary>One entry as the API shows it.</summary>
    public static byte[] ToJson(BlacklistKey key, BlacklistEntry entry) => RelaxedJson.Write(json => Write(json, key, entry));

    /// <summary>The page as the API shows it.</summary>
    public byte[] ToJson() => RelaxedJson.Write(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("entries");
        foreach (var (key, entry) in Entries)
        {
            Write(json, key, entry);
        }

        json.WriteEndArray();
        json.WriteString("next", Next);
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, BlacklistKey key, BlacklistEntry entry)
    {
        json.WriteStartObject();
        json.WriteString(key.IsUser ? "user" : "jti", key.Name);
        if (key.IsUser)
        {
            json.WriteNumber("issued_until", entry.IssuedUntil);
        }

        json.WriteNumber("expires_at", entry.Expires.ToUnixTimeSeconds());
        json.WriteEndObject();
    }
}
