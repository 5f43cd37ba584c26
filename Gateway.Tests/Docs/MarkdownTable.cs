namespace RigKafka.Tests.Docs;

/// <summary>Reads the tables of a page.</summary>
internal static class MarkdownTable
{
    /// <summary>The rows of every table between a heading and the next one, without heads, rulers and backticks.</summary>
    public static IReadOnlyList<string[]> Rows(string page, string heading)
    {
        var rows = page.Split('\n')
            .SkipWhile(line => line != heading)
            .Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith('|'))
            .Select(Cells)
            .ToList();
        var rulers = rows.Index().Where(row => row.Item.All(cell => cell.Trim('-').Length == 0)).Select(row => row.Index).ToList();
        return [.. rows.Where((_, at) => !rulers.Contains(at) && !rulers.Contains(at + 1))];
    }

    /// <summary>The words of a cell that lists them with commas.</summary>
    public static string[] Words(string cell) => cell.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string[] Cells(string line) =>
        [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Replace("`", "", StringComparison.Ordinal).Trim())];
}
