namespace RigKafka.IntegrationTests.Nodes;

/// <summary>All that a client heard, on however many connections.</summary>
/// <param name="User">Whose messages it listened to.</param>
/// <param name="IsIn">Whether it listened at the end.</param>
/// <param name="FirstId">The id that its first join was answered with.</param>
/// <param name="Numbers">The numbers of the messages, in the order that it heard them.</param>
/// <param name="Gaps">What it was told that it may not have, and after how many messages.</param>
/// <param name="Joins">When it was let in, in milliseconds since the Unix epoch.</param>
/// <param name="HeardAt">When it heard its last message, in milliseconds since the Unix epoch.</param>
internal sealed record ClientHistory(
    string User, bool IsIn, string? FirstId, IReadOnlyList<int> Numbers, IReadOnlyList<HeardGap> Gaps, IReadOnlyList<long> Joins, long HeardAt)
{
    /// <summary>The same of some of the messages alone.</summary>
    public ClientHistory Only(Func<int, bool> isOne) => this with
    {
        Numbers = [.. Numbers.Where(isOne)],
        Gaps = [.. Gaps.Select(gap => gap with { After = Numbers.Take(gap.After).Count(isOne) })],
    };
}
