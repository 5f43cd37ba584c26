using System.Diagnostics;
using NUnit.Framework;
using RigKafka.IntegrationTests.Phoenix;

namespace RigKafka.IntegrationTests.GettingStarted;

/// <summary>Runs an example of docs/getting-started/write-a-back-end, in a folder of its own, as whoever has copied it would.</summary>
internal sealed class Sender : IDisposable
{
    private static readonly string[] Pythons = ["python3", "/usr/bin/python3"];

    private readonly DirectoryInfo _folder;
    private readonly Process _process;
    private readonly Task<string> _output;

    private Sender(DirectoryInfo folder, string program, string[] arguments)
    {
        _folder = folder;
        _process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder.FullName, RedirectStandardOutput = true, RedirectStandardError = true })!;
        _output = Read(_process);
    }

    public static async Task<Sender> Start(string file, params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("rig-kafka-test-");
        File.Copy(Path.Combine(RepositoryFiles.Root, "docs", "getting-started", "write-a-back-end", file), Path.Combine(folder.FullName, file));
        switch (Path.GetExtension(file))
        {
            case ".sh":
                return new Sender(folder, "bash", [file, .. arguments]);
            case ".cs":
                return new Sender(folder, "dotnet", ["run", file, "--", .. arguments]);
            case ".java":
                return new Sender(folder, Java(), ["-cp", Path.Combine(Environment.GetEnvironmentVariable("KAFKA_HOME")!, "libs", "*"), file, .. arguments]);
            case ".py":
                return new Sender(folder, await Python(), [file, .. arguments]);
            default:
                await PhoenixClientTests.Installed.Value;
                Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "node_modules"), Path.Combine(PhoenixClient.Folder, "node_modules"));
                return new Sender(folder, "node", [file, .. arguments]);
        }
    }

    /// <summary>Waits for its end, which has to be a good one unless it is said to be another.</summary>
    public async Task<string> Ends(bool well = true)
    {
        await _process.WaitForExitAsync().Soon();
        var output = await _output.Soon();
        Assert.That(_process.ExitCode == 0, Is.EqualTo(well), output);
        return output;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Java()
    {
        if (!Missing.IsProgram("javac") || Environment.GetEnvironmentVariable("KAFKA_HOME") is not { Length: > 0 })
        {
            Missing.Skip("a Java compiler and the libraries of a broker", "install a JDK 17 or newer, and set KAFKA_HOME");
        }

        return "java";
    }

    private static async Task<string> Python()
    {
        foreach (var python in Pythons.Where(name => Missing.IsProgram(name) || File.Exists(name)))
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import confluent_kafka"]) { RedirectStandardError = true })!;
            var mistakes = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().Soon();
            await mistakes.Soon();
            if (process.ExitCode == 0)
            {
                return python;
            }
        }

        Missing.Skip("a Kafka client of Python", "install confluent-kafka, with pip, or python3-confluent-kafka of Debian");
        return "";
    }

    private static async Task<string> Read(Process process)
    {
        var mistakes = process.StandardError.ReadToEndAsync();
        return await process.StandardOutput.ReadToEndAsync() + await mistakes;
    }
}
