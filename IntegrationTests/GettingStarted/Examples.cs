using System.Collections.Concurrent;
using System.Diagnostics;
using NUnit.Framework;
using RigKafka.IntegrationTests.Phoenix;

namespace RigKafka.IntegrationTests.GettingStarted;

/// <summary>The files of docs/getting-started/write-a-front-end, as tools of npm see them.</summary>
internal static class Examples
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Bundles = new();

    public static string Folder => Path.Combine(RepositoryFiles.Root, "docs", "getting-started", "write-a-front-end");

    private static string Modules => Path.Combine(PhoenixClient.Folder, "node_modules");

    /// <summary>A script for a page, with all that a module needs; what it exports is in <c>example</c>.</summary>
    public static Task<string> Bundle(string module) => Bundles.GetOrAdd(module, path => new(async () =>
    {
        await PhoenixClientTests.Installed.Value;
        return await Run(Folder, Path.Combine(Modules, ".bin", "esbuild"), path, "--bundle", "--format=iife", "--global-name=example", "--log-level=warning");
    })).Value;

    /// <summary>Has TypeScript check the modules, and one more file, with the types beside them.</summary>
    public static async Task Check(string more)
    {
        await PhoenixClientTests.Installed.Value;
        var folder = Directory.CreateTempSubdirectory("rig-kafka-test-");
        try
        {
            var files = Directory.GetFiles(Folder).Where(file => !file.EndsWith(".js", StringComparison.Ordinal)).ToList();
            files.ForEach(file => File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file))));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "more.ts"), more);
            Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "node_modules"), Modules);
            string[] options = ["--noEmit", "--allowJs", "--checkJs", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom,dom.iterable"];
            await Run(folder.FullName, Path.Combine(Modules, ".bin", "tsc"), [.. options, .. files.Select(Path.GetFileName).OfType<string>(), "more.ts"]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> Run(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NODE_PATH"] = Modules },
        })!;
        var mistakes = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().Soon();
        await process.WaitForExitAsync().Soon();
        Assert.That(process.ExitCode, Is.Zero, $"{output}\n{await mistakes}");
        return output;
    }
}
