namespace RigKafka.Presence;

/// <summary>
/// A short name for a browser and a kind of device, guessed from a <c>User-Agent</c> (RFC 9110, section 10.1.5) by a handful of rules.
/// </summary>
internal static class UserAgent
{
    private const string Unknown = "unknown";

    /// <summary>
    /// What marks a browser, and what it is called. The order matters: most of them claim to be Chrome or Safari as well.
    /// </summary>
    private static readonly (string Mark, string Name)[] Browsers =
    [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrom", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari", "Safari"),
    ];

    /// <summary>What marks a kind of device. An Android without the word Mobile is a tablet.</summary>
    private static readonly (string Mark, string Name)[] Devices =
    [
        ("iPad", "tablet"),
        ("Tablet", "tablet"),
        ("Mobi", "mobile"),
        ("iPhone", "mobile"),
        ("Android", "tablet"),
        ("Windows", "desktop"),
        ("Macintosh", "desktop"),
        ("X11", "desktop"),
    ];

    public static string Browser(string? userAgent) => Find(Browsers, userAgent);

    public static string Device(string? userAgent) => Find(Devices, userAgent);

    private static string Find((string Mark, string Name)[] rules, string? userAgent)
    {
        foreach (var (mark, name) in rules)
        {
            if (userAgent?.Contains(mark, StringComparison.Ordinal) ?? false)
            {
                return name;
            }
        }

        return Unknown;
    }
}
