using System.CommandLine;
using RigKafka.Settings;

namespace RigKafka.Commands;

/// <summary>What the program does besides being the gateway, which it is without a command.</summary>
internal static class CommandLine
{
    private static readonly ParserConfiguration AsWritten = new()
    {
        EnablePosixBundling = false,
        // A secret may begin with @, which would name a file of arguments.
        ResponseFileTokenReplacer = null,
    };

    /// <returns>The exit code.</returns>
    /// <param name="args">The arguments of the program.</param>
    /// <param name="runGateway">Runs the gateway.</param>
    /// <param name="readSettings">Reads the settings of every feature.</param>
    /// <param name="console">Where to write; the console unless a test asks.</param>
    public static int Run(string[] args, Func<int> runGateway, Func<SettingsReader> readSettings, InvocationConfiguration? console = null)
    {
        if (args.Length == 0)
        {
            return runGateway();
        }

        var root = new RootCommand(
            "A gateway between back-ends and browsers, on Kafka. It runs when no command is given; its settings are environment variables.")
        {
            TokenCommand.Create(TimeProvider.System),
            SettingsCommand.Create(readSettings),
        };
        return root.Parse(args, AsWritten).Invoke(console);
    }
}
