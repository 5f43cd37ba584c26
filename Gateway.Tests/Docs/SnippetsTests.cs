using NUnit.Framework;

namespace RigKafka.Tests.Docs;

/// <summary>A page that has a folder of its own name shows each file in it as it is there, or links to it where it is long.</summary>
internal sealed class SnippetsTests
{
    private static readonly Dictionary<string, string> Languages = new()
    {
        [".js"] = "javascript",
        [".mjs"] = "javascript",
        [".py"] = "python",
        [".cs"] = "csharp",
        [".java"] = "java",
        [".sh"] = "bash",
    };

    private static IEnumerable<string> Folders =>
        Directory.GetDirectories(Path.Combine(RepositoryFiles.Root, "docs", "getting-started")).Select(folder => Path.GetFileName(folder)!);

    [TestCaseSource(nameof(Folders))]
    public void Page_ShowsEachSnippetAsItsFileHasIt(string folder)
    {
        var files = Directory.GetFiles(Path.Combine(RepositoryFiles.Root, "docs", "getting-started", folder));
        var page = RepositoryFiles.Read($"docs/getting-started/{folder}.md");

        Assert.That(files, Is.Not.Empty);
        Assert.That(files.Where(file => !IsShown(file)), Is.Empty);

        bool IsShown(string file) => Languages.TryGetValue(Path.GetExtension(file), out var language)
            ? page.Contains($"```{language}\n{File.ReadAllText(file)}```\n", StringComparison.Ordinal)
            : page.Contains($"]({folder}/{Path.GetFileName(file)})", StringComparison.Ordinal);
    }
}
