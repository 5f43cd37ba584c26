namespace RigKafka.Proxy;

/// <summary>The words that the metric of refused calls has for a reason.</summary>
internal static class RefusalWords
{
    public const string NoRoute = "no_route";
    public const string BadMethod = "bad_method";
    public const string RateLimited = "rate_limited";
    public const string Unauthorized = "unauthorized";
    public const string NotReady = "not_ready";
    public const string NoConnection = "no_connection";

    public static IEnumerable<string> All => [NoRoute, BadMethod, RateLimited, Unauthorized, NotReady, NoConnection];
}
