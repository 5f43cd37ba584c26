using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RigKafka.Tests.Docs;

internal sealed partial class PagesTests
{
    [TestCaseSource(typeof(RepositoryFiles), nameof(RepositoryFiles.Pages))]
    public void Page_EveryMakeCommand_IsInTheMakefile(string page)
    {
        var targets = Target().Matches(RepositoryFiles.Read("Makefile")).Select(target => target.Groups["name"].Value).ToHashSet();
        Assert.That(MakeTargets(page), Is.SubsetOf(targets));
    }

    [TestCaseSource(typeof(RepositoryFiles), nameof(RepositoryFiles.Pages))]
    public void Page_EveryLinkIntoTheRepository_LeadsSomewhere(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(RepositoryFiles.Root, page))!;
        var links = Link().Matches(RepositoryFiles.Read(page))
            .Select(link => link.Groups["target"].Value)
            .Where(target => !target.Contains(':', StringComparison.Ordinal));
        Assert.That(links.Where(target => !Path.Exists(Path.Combine(folder, target))), Is.Empty);
    }

    [TestCaseSource(typeof(RepositoryFiles), nameof(RepositoryFiles.Pages))]
    public void Page_EveryLinkToAHeading_LeadsToOne(string page)
    {
        var links = Anchor().Matches(RepositoryFiles.Read(page)).Select(link => (
            Page: link.Groups["page"].Value is { Length: > 0 } other ? Path.Combine(Path.GetDirectoryName(page)!, other) : page,
            Anchor: link.Groups["anchor"].Value));
        Assert.That(links.Where(link => !Anchors(link.Page).Contains(link.Anchor)), Is.Empty);
    }

    [TestCaseSource(typeof(RepositoryFiles), nameof(RepositoryFiles.Pages))]
    public void Page_NothingStandsTwice(string page)
    {
        var lines = RepositoryFiles.Read(page).Split('\n');
        // A table ends with the first line that is none of its rows, so those of another one may be the same.
        var tables = lines.Aggregate(new List<List<string>> { new() }, (found, line) =>
        {
            if (line.StartsWith('|'))
            {
                found[^1].Add(line);
            }
            else if (found[^1].Count > 0)
            {
                found.Add([]);
            }

            return found;
        });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(tables, Is.All.Unique, "rows of a table");
            Assert.That(lines.Where(line => line.StartsWith("- ", StringComparison.Ordinal)), Is.Unique, "items of a list");
            var empty = lines.Zip(lines.Skip(1)).Where(pair => Heading().IsMatch(pair.First) && Heading().IsMatch(pair.Second));
            Assert.That(empty, Is.Empty, "headings with nothing below");
        }
    }

    [Test]
    public void Readme_ShowsHowToRunAndHowToTest() =>
        Assert.That(MakeTargets("README.md"), Is.SupersetOf(["run", "test", "token"]));

    private static IEnumerable<string> MakeTargets(string page) =>
        MakeCommand().Matches(RepositoryFiles.Read(page)).Select(command => command.Groups["target"].Value).Distinct();

    /// <summary>What links may lead to: headings as GitHub names them, and ids.</summary>
    private static HashSet<string> Anchors(string page)
    {
        var text = RepositoryFiles.Read(page);
        return
        [
            .. text.Split('\n').Where(line => line.StartsWith('#')).Select(line => Slug().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-')),
            .. Id().Matches(text).Select(id => id.Groups["id"].Value),
        ];
    }

    [GeneratedRegex(@"\]\((?<page>[^)#:\s]*)#(?<anchor>[^)\s]+)\)")]
    private static partial Regex Anchor();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex Slug();

    [GeneratedRegex("<a id=\"(?<id>[^\"]+)\">")]
    private static partial Regex Id();

    [GeneratedRegex("^##+ ")]
    private static partial Regex Heading();

    [GeneratedRegex("^(?<name>[a-z]+):", RegexOptions.Multiline)]
    private static partial Regex Target();

    /// <summary>At the start of a line, in a command substitution, or between backticks.</summary>
    [GeneratedRegex(@"(^|\$\(|`)make (-s )?(?<target>[a-z]+)", RegexOptions.Multiline)]
    private static partial Regex MakeCommand();

    /// <summary>Without the anchor in the page.</summary>
    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)(#[^)]*)?\)")]
    private static partial Regex Link();
}
