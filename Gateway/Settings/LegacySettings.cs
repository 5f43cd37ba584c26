namespace RigKafka.Settings;

/// <summary>Variables of the original gateway that mean nothing here. Who still sets them should know.</summary>
internal static class LegacySettings
{
    private static readonly string[] Names =
        ["DISCOVERY_TYPE", "DNS_NAME", "HOST", "NODE_COOKIE", "NODE_HOST", "RATE_LIMIT_SWEEP_INTERVAL_MS"];
    private static readonly string[] Prefixes = ["KINESIS_"];

    /// <summary>Those of them that are set, in alphabetical order.</summary>
    public static IReadOnlyList<string> FindIn(IConfiguration configuration) =>
    [
        .. configuration.AsEnumerable()
            .Where(pair => pair.Value is not null && IsLegacy(pair.Key)).Select(pair => pair.Key).Order(StringComparer.Ordinal),
    ];

    public static bool IsLegacy(string name) =>
        Names.Contains(name) || Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
