using RigKafka.Settings;

namespace RigKafka.Commands;

/// <summary>The settings as the page <c>docs/reference/settings.md</c>: the same wherever it is made, so without present values.</summary>
internal static class SettingsPage
{
    private const string Head = """
        # Settings

        <!-- Made by `dotnet run --project Gateway -- settings --markdown`. Change the options classes, not this page. -->

        Every setting is an environment variable, read once at start; the files of some secrets are read again. All mistakes are reported together, and the gateway does not start with one.
        `dotnet run --project Gateway -- settings` prints the present values.
        """;

    public static void Write(IEnumerable<Setting> settings, TextWriter output)
    {
        output.WriteLine(Head);
        foreach (var folder in settings.GroupBy(setting => setting.Folder))
        {
            output.WriteLine();
            output.WriteLine($"## {folder.Key}");
            output.WriteLine();
            output.WriteLine("| variable | default | allowed | what it does |");
            output.WriteLine("|---|---|---|---|");
            foreach (var setting in folder)
            {
                output.WriteLine($"| {Code(setting.Name)} | {Code(setting.Default)} | {Cell(setting.Allowed)} | {Cell(setting.Description)} |");
            }
        }
    }

    private static string Code(string text) => text.Length == 0 ? "empty" : $"`{Cell(text)}`";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
