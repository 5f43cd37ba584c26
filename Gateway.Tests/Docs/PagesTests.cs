using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RigKafka.Tests.Docs;

internal sealed partial class PagesTests
{
    [TestCaseSource(typeof(RepositoryFiles), nameof(RepositoryFiles.Pages))]
    public void Page_EveryMakeCommand_IsInTheMakefile(string page)
    {
        var targets = Target().Matches(RepositoryFiles.Read("Makefile")).Select(target => target.Groups["name"].Value).ToHashSet();
        Assert.That(MakeCommand().Matches(RepositoryFiles.Read(page)).Select(command => command.Groups["target"].Value).Distinct(), Is.SubsetOf(targets));
    }

    [TestCaseSource(typeof(RepositoryFiles), nameof(RepositoryFiles.Pages))]
    public void Page_EveryLinkIntoTheRepository_LeadsSomewhere(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(RepositoryFiles.Root, page))!;
        var links = Link().Matches(RepositoryFiles.Read(page)).Select(link => link.Groups["target"].Value).Where(target => !target.Contains(':', StringComparison.Ordinal));
        Assert.That(links.Where(target => !Path.Exists(Path.Combine(folder, target))), Is.Empty);
    }

    [Test]
    public void Readme_ShowsHowToRunAndHowToTest() =>
        Assert.That(MakeCommand().Matches(RepositoryFiles.Read("README.md")).Select(command => command.Groups["target"].Value), Is.SupersetOf(["run", "test", "token"]));

    [GeneratedRegex("^(?<name>[a-z]+):", RegexOptions.Multiline)]
    private static partial Regex Target();

    /// <summary>At the start of a line, in a command substitution, or between backticks.</summary>
    [GeneratedRegex(@"(^|\$\(|`)make (-s )?(?<target>[a-z]+)", RegexOptions.Multiline)]
    private static partial Regex MakeCommand();

    /// <summary>Without the anchor in the page.</summary>
    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)(#[^)]*)?\)")]
    private static partial Regex Link();
}
