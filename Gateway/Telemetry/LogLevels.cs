namespace RigKafka.Telemetry;

/// <summary>What <c>LOG_LEVEL</c> says: a level for all categories of the log, and others for some.</summary>
internal sealed class LogLevels
{
    /// <summary>The category of the web server, as the framework calls it.</summary>
    public const string Server = "Microsoft.AspNetCore.Server.Kestrel";

    private static readonly Dictionary<string, LogLevel> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warn"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
    };

    /// <summary>Those of our own: each folder, and each class.</summary>
    private static readonly HashSet<string> Categories = new(
        typeof(LogLevels).Assembly.GetTypes().SelectMany(type => new[] { "RigKafka", type.Namespace, type.FullName }).OfType<string>(),
        StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, LogLevel> _byCategory = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _mistakes = [];
    private LogLevel? _minimum;

    /// <param name="parts">Levels, and categories with a level of their own.</param>
    public LogLevels(IReadOnlyList<string> parts)
    {
        if (parts.Count == 0)
        {
            Refuse("", $"expected {OneOf}.");
        }

        foreach (var part in parts)
        {
            Take(part);
        }
    }

    /// <summary>The lowest level that is written, where a category has none of its own.</summary>
    public LogLevel Minimum => _minimum ?? LogLevel.Information;

    public IReadOnlyDictionary<string, LogLevel> ByCategory => _byCategory;

    /// <summary>One line for each mistake.</summary>
    public IReadOnlyList<string> Mistakes => _mistakes;

    private static string OneOf => "one of " + string.Join(", ", Words.Keys);

    /// <summary>The other categories of the framework may name what is in a request, such as a token.</summary>
    private static bool IsCategory(string text) =>
        Categories.Contains(text) || text.Equals(Server, StringComparison.OrdinalIgnoreCase)
        || text.StartsWith(Server + '.', StringComparison.OrdinalIgnoreCase);

    private void Take(string part)
    {
        var at = part.LastIndexOf('=');
        var (category, word) = at < 0 ? (null, part) : (part[..at].TrimEnd(), part[(at + 1)..].TrimStart());
        if (category is not null && !IsCategory(category))
        {
            Refuse(part, "expected a category as in the lines of the log before the =, such as RigKafka.Kafka or "
                + $"RigKafka.Kafka.KafkaReader, or {Server}.");
        }
        else if (!Words.TryGetValue(word, out var level))
        {
            Refuse(part, category is null ? $"expected {OneOf}." : $"expected {OneOf} after the =.");
        }
        else if (category is null ? _minimum is not null : !_byCategory.TryAdd(category, level))
        {
            Refuse(part, category is null ? "expected one level for all categories, and there is another." : "expected each category once.");
        }
        else if (category is null)
        {
            _minimum = level;
        }
    }

    private void Refuse(string part, string expected) => _mistakes.Add($"LOG_LEVEL={part.ReplaceLineEndings(" ")}: {expected}");
}
