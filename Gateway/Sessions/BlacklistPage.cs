namespace RigKafka.Sessions;

/// <summary>A part of the blacklist in the order of its keys, so that one page follows from the last one whatever changes in between.</summary>
internal static class BlacklistPage
{
    public static (IReadOnlyList<KeyValuePair<BlacklistKey, Denial>> Entries, string? Next) Of(Blacklist blacklist, string after, int limit)
    {
        // One more than asked for tells whether anything follows; those that lie furthest behind drop out first.
        var first = new PriorityQueue<KeyValuePair<BlacklistKey, Denial>, string>(limit + 2, Comparer<string>.Create((a, b) => string.CompareOrdinal(b, a)));
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

        var entries = new KeyValuePair<BlacklistKey, Denial>[first.Count];
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            entries[i] = first.Dequeue();
        }

        return (entries, hasNext ? entries[^1].Key.Text : null);
    }
}
