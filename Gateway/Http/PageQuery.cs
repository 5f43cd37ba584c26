using System.Globalization;

namespace RigKafka.Http;

/// <summary>Which part of a long list a request asks for.</summary>
/// <param name="After">The part begins after this entry; empty for the first part.</param>
/// <param name="Limit">How many entries it has at most.</param>
internal readonly record struct PageQuery(string After, int Limit)
{
    /// <summary>What a request is told that asks for too much, or for nothing.</summary>
    public const string BadLimit = "Bad request: expected a limit from 1 to 1000.";

    private const int Most = 1000;

    /// <summary>What <c>limit</c> and <c>after</c> say; null for a limit that is not valid.</summary>
    public static PageQuery? Read(IQueryCollection query, int unlessGiven)
    {
        var limit = unlessGiven;
        return query.ContainsKey("limit")
            && (!int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > Most)
            ? null
            : new PageQuery(query["after"].ToString(), limit);
    }
}
