namespace RigKafka.Log;

/// <summary>Why an entry that was read from a table is skipped, as the metrics say it.</summary>
internal static class TableFault
{
    /// <summary>It has no key, or one that is not a key of the table.</summary>
    public const string BadKey = "bad_key";

    /// <summary>Its value does not have the form that it should have.</summary>
    public const string BadValue = "bad_value";

    public static IEnumerable<string> All => [BadKey, BadValue];
}
