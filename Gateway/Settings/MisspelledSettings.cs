using System.Text.RegularExpressions;

namespace RigKafka.Settings;

/// <summary>Variables that look like our settings but are not. Each leaves a setting at its default.</summary>
internal static partial class MisspelledSettings
{
    private const int ShortestToCompare = 8;
    private const int MostMistakes = 2;

    private static readonly string[] Prefixes =
        ["API_", "BLACKLIST_", "HTTPS_", "INBOUND_", "JWT_", "KAFKA_", "OTEL_", "PRESENCE_", "PROXY_", "REQUEST_LOG"];

    /// <summary>What later versions of the original call one of our settings.</summary>
    private static readonly Dictionary<string, string> OtherNames = new() { ["LOG_FMT"] = "LOG_FORMAT" };

    /// <summary>
    /// Those of others: of tools, of the framework (whose own prefix is gone here), and of Kafka's scripts and our tests.
    /// </summary>
    private static readonly string[] Foreign =
        ["HTTPS_PORT", "HTTPS_PORTS", "HTTPS_PROXY", "HTTP_PORTS", "KAFKA_HEAP_OPTS", "KAFKA_HOME", "KAFKA_OPTS", "KAFKA_TEST_BROKERS"];

    /// <summary>Those that are set, in alphabetical order, as <c>NAME (NEAREST SETTING?)</c>.</summary>
    public static IReadOnlyList<string> FindIn(IConfiguration configuration, IReadOnlyList<Setting> settings) =>
    [
        .. from pair in configuration.AsEnumerable()
           where pair.Value is not null && Variable().IsMatch(pair.Key)
               && !IsKnown(pair.Key, settings) && !ServiceLinks.Include(pair.Key, pair.Value)
           let nearest = settings
               .Select(setting => (setting.Name, Mistakes: Mistakes(pair.Key, setting.Name))).MinBy(candidate => candidate.Mistakes)
           let other = OtherNames.GetValueOrDefault(pair.Key)
           where other is not null || Prefixes.Any(prefix => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
               || (pair.Key.Length >= ShortestToCompare && nearest.Mistakes <= MostMistakes)
           orderby pair.Key
           select $"{pair.Key} ({other ?? nearest.Name}?)",
    ];

    private static bool IsKnown(string name, IReadOnlyList<Setting> settings) =>
        Foreign.Contains(name)
        || LegacySettings.IsLegacy(name)
        || settings.Any(setting => setting.IsNamed(name));

    /// <summary>How many letters have to be put in, taken out or replaced to make one of the other (Levenshtein).</summary>
    private static int Mistakes(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 0; i < one.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 0; j < other.Length; j++)
            {
                (diagonal, row[j + 1]) = (row[j + 1], Math.Min(diagonal + (one[i] == other[j] ? 0 : 1), Math.Min(row[j], row[j + 1]) + 1));
            }
        }

        return row[^1];
    }

    [GeneratedRegex("^[A-Z][A-Z0-9_]*$")]
    private static partial Regex Variable();
}
