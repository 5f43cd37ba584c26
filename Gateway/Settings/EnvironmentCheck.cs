namespace RigKafka.Settings;

/// <summary>Looks at what may be wrong though the settings are right, for the command <c>check</c>. It changes nothing.</summary>
/// <param name="Name">What it looks at.</param>
/// <param name="Look">Looks, and says what it finds.</param>
internal sealed record EnvironmentCheck(string Name, Func<CancellationToken, IAsyncEnumerable<CheckResult>> Look);

/// <summary>What was found of one thing, in one line.</summary>
/// <param name="Word">How the line starts.</param>
/// <param name="Text">What was found.</param>
internal readonly record struct CheckResult(string Word, string Text)
{
    public bool IsOk => Word != "wrong";

    public static CheckResult Ok(string text) => new("ok", text);

    /// <param name="text">What may be meant, and may be a mistake.</param>
    public static CheckResult Note(string text) => new("note", text);

    /// <param name="text">What is wrong, and what would be right.</param>
    public static CheckResult Wrong(string text) => new("wrong", text);
}
