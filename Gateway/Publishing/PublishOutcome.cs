namespace RigKafka.Publishing;

/// <summary>The words that the metric of published messages has for an answer.</summary>
internal static class PublishOutcome
{
    public const string Stored = "stored";
    public const string NotStored = "not_stored";
    public const string Unknown = "unknown";
    public const string TooLarge = "too_large";
    public const string Invalid = "invalid";
    public const string UnsupportedType = "unsupported_type";

    public static IEnumerable<string> All => [Stored, NotStored, Unknown, TooLarge, Invalid, UnsupportedType];
}
