using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RigKafka.Tests;

/// <summary>The house rules of the tests: they stand in the folder of what they are about, and each name stands for one thing in both projects.</summary>
internal sealed partial class TestNamesTests
{
    private static readonly string[] Projects = ["Gateway.Tests", "IntegrationTests"];

    [Test]
    public void Classes_HaveNamesOfTheirOwn_InBothProjects()
    {
        var types = Projects.SelectMany(Sources).SelectMany(file => TypeLine().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).ToArray();
        Assert.That(types, Has.Length.GreaterThan(200).And.Unique);
    }

    [Test]
    public void UnitTests_AreInTheFolderOfTheirType()
    {
        var folders = Sources("Gateway").ToLookup(file => Path.GetFileNameWithoutExtension(file)!, Folder);
        var elsewhere = Sources("Gateway.Tests")
            .Where(file => Folder(file) != "Docs")
            .Where(file => folders[Path.GetFileNameWithoutExtension(file).Replace("Tests", "", StringComparison.Ordinal)] is var places && places.Any() && !places.Contains(Folder(file)));
        Assert.That(elsewhere, Is.Empty);
    }

    private static IEnumerable<string> Sources(string project) =>
        Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, project), "*.cs", SearchOption.AllDirectories).Where(file => !OfTheBuild().IsMatch(file));

    private static string Folder(string file) => Path.GetFileName(Path.GetDirectoryName(file)!);

    [GeneratedRegex(@"^(?:(?:internal|public|sealed|static|abstract|partial|readonly) )*(?:record struct|record|class|struct|interface|enum) (\w+(?:<\w+>)?)", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"[/\\](?:bin|obj)[/\\]")]
    private static partial Regex OfTheBuild();
}
