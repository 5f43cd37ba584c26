using System.Data;
using System.Globalization;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RigKafka.Tests.Docs;

/// <summary>Computes again what the page computes, from nothing but what it and other pages state.</summary>
internal sealed partial class SizingPageTests
{
    private const string Folder = "docs/operations/";

    private static readonly string[] Units = ["1000", "1024", "1000000", "1000000000", "1.5"];
    private static readonly string Page = RepositoryFiles.Read($"{Folder}sizing.md");
    private static readonly IReadOnlyList<string[]> Worked = MarkdownTable.Rows(Page, "## Worked: 200,000 users");
    private static readonly IReadOnlyList<string[]> Rows = [.. Worked, .. MarkdownTable.Rows(Page, "## Scale")];

    private static IEnumerable<string[]> Assumptions => Worked.Where(row => row.Length == 2);

    private static IEnumerable<string[]> Figures => Rows.Where(row => row.Length == 3 && row[2].StartsWith('['));

    private static IEnumerable<string[]> Computed => Rows.Where(row => row.Length == 3 && row[1].Length > 0 && Expression().IsMatch(row[1]) && !row[2].StartsWith('['));

    [Test]
    public void Figures_StandInThePagesThatTheyAreFrom()
    {
        Assert.That(Figures.Count(), Is.EqualTo(17));
        foreach (var figure in Figures)
        {
            var target = Link().Match(figure[2]);
            var page = RepositoryFiles.Read(Path.Combine(Folder, target.Groups["page"].Value)).Split("\n## Worked")[0];
            var section = page.Split("\n## ").Single(section => Anchor(section.Split('\n')[0]) == target.Groups["anchor"].Value);
            Assert.That(Number().Matches(section).Select(number => Plain(number.Value)), Has.Member(Plain(figure[1])), $"{figure[0]}: {figure[2]}");
        }
    }

    [Test]
    public void Results_AreWhatTheirComputationsSay_FromWhatWasStatedBefore()
    {
        var known = Units.Concat(Assumptions.Select(row => row[1])).Concat(Figures.Select(row => row[1])).Select(Plain).ToHashSet();
        foreach (var row in Computed)
        {
            var numbers = Number().Matches(row[1]).Select(number => number.Value).ToList();
            // The halves and the million of the second part stand in its own words.
            Assert.That(numbers.Where(number => !known.Contains(number) && !(number == "2" && row[0].Contains("half", StringComparison.Ordinal))), Is.Empty, row[0]);
            using var table = new DataTable { Locale = CultureInfo.InvariantCulture };
            var expected = Convert.ToDouble(table.Compute(Whole().Replace(row[1], "$0.0"), null), CultureInfo.InvariantCulture);
            var stated = double.Parse(Plain(row[2]), CultureInfo.InvariantCulture);
            Assert.That(stated, Is.EqualTo(expected).Within(2).Percent, row[0]);
            known.Add(Plain(row[2]));
        }

        Assert.That(Computed.Count(), Is.EqualTo(27));
    }

    private static string Plain(string number) => number.Replace(",", "", StringComparison.Ordinal);

    private static string Anchor(string heading) => heading.TrimStart('#', ' ').ToLowerInvariant().Replace(' ', '-');

    [GeneratedRegex(@"^[0-9.+\-*/() ]+$")]
    private static partial Regex Expression();

    [GeneratedRegex(@"\d[\d,]*(\.\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"(?<![\d.])\d+(?![\d.])")]
    private static partial Regex Whole();

    [GeneratedRegex(@"\((?<page>[^)#]+)#(?<anchor>[^)]+)\)")]
    private static partial Regex Link();
}
