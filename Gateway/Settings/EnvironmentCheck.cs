namespace RigKafka.Settings;

/// <summary>Looks at what may be wrong though the settings are right, for the command <c>check</c>. It changes nothing.</summary>
/// <param name="Name">What it looks at.</param>
/// <param name="Look">Looks, and says what it finds.</param>
internal sealed record EnvironmentCheck(string Name, Func<CancellationToken, IAsyncEnumerable<CheckResult>> Look);

/// <summary>What was found of one thing, in one line.</summary>
internal readonly record struct CheckResult(bool IsOk, string Text)
{
    public static CheckResult Ok(string text) => new(true, text);

    /// <param name="text">What is wrong, and what would be right.</param>
    public static CheckResult Wrong(string text) => new(false, text);
}
