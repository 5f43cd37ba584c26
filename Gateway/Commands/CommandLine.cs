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
    /// <param name="runGateway">Runs the gateway; gets the arguments that are for its host.</param>
    /// <param name="readSettings">Reads the settings of every feature.</param>
    /// <param name="console">Where to write; the console unless a test asks.</param>
    public static int Run(string[] args, Func<string[], int> runGateway, Func<SettingsReader> readSettings, InvocationConfiguration? console = null)
    {
        if (args.All(IsForTheHost))
        {
            return runGateway(args);
        }

        var root = new RootCommand("A gateway between back-ends and browsers, on Kafka. It runs when no command is given; its settings are environment variables.")
        {
            TokenCommand.Create(TimeProvider.System),
            SettingsCommand.Create(readSettings),
        };
        return root.Parse(args, AsWritten).Invoke(console);
    }

    /// <summary>The framework's host takes <c>--name=value</c>; its test server and its tools hand it over so.</summary>
    private static bool IsForTheHost(string argument) => argument.StartsWith("--", StringComparison.Ordinal) && argument.Contains('=');
}
