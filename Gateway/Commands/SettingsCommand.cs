using System.CommandLine;
using RigKafka.Settings;

namespace RigKafka.Commands;

/// <summary><c>settings</c>: prints every setting with its default, its present value and what it does.</summary>
internal static class SettingsCommand
{
    public static Command Create(Func<SettingsReader> readSettings)
    {
        var markdown = new Option<bool>("--markdown") { Description = "Print the reference page instead, which has no present values." };
        var command = new Command("settings", "Prints every setting: its present value, its default and what it does.") { markdown };
        command.SetAction(parsed =>
        {
            var settings = readSettings();
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (parsed.GetValue(markdown))
            {
                SettingsPage.Write(settings.Settings, output);
                return 0;
            }

            WriteList(settings.Settings, output);
            foreach (var mistake in settings.Mistakes)
            {
                error.WriteLine(mistake);
            }

            return settings.Mistakes.Count == 0 ? 0 : 1;
        });
        return command;
    }

    /// <summary>A list to read in a terminal, present values included.</summary>
    private static void WriteList(IEnumerable<Setting> settings, TextWriter output)
    {
        foreach (var folder in settings.GroupBy(setting => setting.Folder))
        {
            output.WriteLine(folder.Key);
            foreach (var setting in folder)
            {
                output.WriteLine($"  {setting.Name}={setting.Value}");
                output.WriteLine($"    {setting.Description}");
                output.WriteLine($"    {setting.Allowed}; default: {(setting.Default.Length == 0 ? "empty" : setting.Default)}");
            }

            output.WriteLine();
        }
    }
}
