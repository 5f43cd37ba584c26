using RigKafka.Settings;

namespace RigKafka.Commands;

/// <summary>The settings as a list to read in a terminal, present values included.</summary>
internal static class SettingsList
{
    public static void Write(IEnumerable<Setting> settings, TextWriter output)
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
