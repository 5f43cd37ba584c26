using System.Text.RegularExpressions;

namespace RigKafka.Settings;

/// <summary>
/// The one place that knows what of a setting's value may be seen: by the command <c>settings</c>, in mistakes, in hints.
/// </summary>
internal static partial class ShownText
{
    public const string Hidden = "(hidden)";

    /// <summary>
    /// A value on one line without what may be secret in it: the whole of it where it is JSON, which may hold headers with keys; the
    /// credentials and queries of URLs.
    /// </summary>
    public static string Of(string value) => Json().IsMatch(value) ? Hidden : WithoutCredentials(value).ReplaceLineEndings(" ");

    /// <summary>The same for a line that quotes values which are no JSON.</summary>
    public static string WithoutCredentials(string line) =>
        Query().Replace(Unschemed().Replace(UserInfo().Replace(line, Hidden + "@"), Hidden + "@"), "?" + Hidden);

    [GeneratedRegex("""\{|\[\s*["'\[]""")]
    private static partial Regex Json();

    /// <summary>Up to the last sign, since a password may hold any.</summary>
    [GeneratedRegex("(?<=://).*@", RegexOptions.Singleline)]
    private static partial Regex UserInfo();

    /// <summary>Where the scheme was forgotten.</summary>
    [GeneratedRegex(@"(?<=^|=)[^:@=/\s]+:(?!//).*@", RegexOptions.Singleline)]
    private static partial Regex Unschemed();

    [GeneratedRegex(@"(?<=://[^?\s]*)\?\S+?(?=:?(\s|$))")]
    private static partial Regex Query();
}
