namespace RigKafka.Listeners;

/// <summary>The words for why a TCP connection was reset.</summary>
internal static class ResetWords
{
    /// <summary>It had not sent a whole request yet, and gave way.</summary>
    public const string Unfinished = "unfinished";

    /// <summary>It was between two requests, and gave way.</summary>
    public const string Idle = "idle";

    /// <summary>It was new, and nobody else could give way.</summary>
    public const string Surplus = "surplus";

    public static IEnumerable<string> All => [Unfinished, Idle, Surplus];
}
