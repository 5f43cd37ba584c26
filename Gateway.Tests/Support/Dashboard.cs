using System.Text.Json;

namespace RigKafka.Tests.Support;

/// <summary>The dashboard of <c>compose/monitoring</c>.</summary>
internal static class Dashboard
{
    private static readonly JsonElement[] All =
        [.. JsonElement.Parse(RepositoryFiles.Read("compose/monitoring/grafana/dashboard.json")).GetProperty("panels").EnumerateArray()];

    /// <summary>The headings of its rows.</summary>
    public static IReadOnlyList<string> Rows { get; } = [.. All.Where(IsRow).Select(TitleOf)];

    /// <summary>What is below the headings.</summary>
    public static IReadOnlyList<JsonElement> Panels { get; } = [.. All.Where(panel => !IsRow(panel))];

    /// <summary>The one of this title: no two have the same.</summary>
    public static JsonElement Panel(string title) => Panels.Single(panel => TitleOf(panel) == title);

    public static string TitleOf(JsonElement panel) => panel.GetProperty("title").GetString()!;

    public static IEnumerable<string> Expressions(JsonElement panel) =>
        panel.GetProperty("targets").EnumerateArray().Select(target => target.GetProperty("expr").GetString()!);

    private static bool IsRow(JsonElement panel) => panel.GetProperty("type").GetString() == "row";
}
