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
    /// <param name="assemble">Reads the settings of every feature, and puts the services of a node together, without starting it.</param>
    /// <param name="console">Where to write; the console unless a test asks.</param>
    /// <param name="input">Where to read from; the console unless a test asks.</param>
    public static int Run(
        string[] args,
        Func<int> runGateway,
        Func<(SettingsReader Settings, Func<IServiceProvider> Services)> assemble,
        InvocationConfiguration? console = null,
        TextReader? input = null)
    {
        if (args.Length == 0)
        {
            return runGateway();
        }

        var root = new RootCommand(
            "A gateway between back-ends and browsers, on Kafka. It runs when no command is given; its settings are environment variables.")
        {
            CheckCommand.Create(assemble),
            TokenCommand.Create(TimeProvider.System, TokenCheckCommand.Create(ReadSettings, TimeProvider.System, input ?? Console.In)),
            SettingsCommand.Create(ReadSettings),
        };
        return root.Parse(args, AsWritten).Invoke(console);

        SettingsReader ReadSettings() => assemble().Settings;
    }
}
