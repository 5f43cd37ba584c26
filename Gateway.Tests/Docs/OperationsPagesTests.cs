using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Settings;

namespace RigKafka.Tests.Docs;

internal sealed partial class OperationsPagesTests
{
    private const string Upgrading = "docs/operations/upgrading-from-rig-2.md";
    private const string Coming = "docs/operations/coming-from-rig-3.md";

    private static readonly string[] ListenersOfKafka = ["SASL_PLAINTEXT", "SASL_SSL"];

    private static readonly IReadOnlyList<Setting> All = TestSettings.Of([]).Settings;
    private static readonly HashSet<string> Settings = [.. All.Select(setting => setting.Name)];

    private static IEnumerable<string> Pages => RepositoryFiles.Pages()
        .Where(page => page.StartsWith("docs/operations/", StringComparison.Ordinal) && page is not (Upgrading or Coming));

    [TestCaseSource(nameof(Pages))]
    public void Page_EveryVariable_IsASetting(string page)
    {
        var found = Variable().Matches(RepositoryFiles.Read(page)).Select(variable => variable.Groups["name"].Value).Distinct();
        Assert.That(found.Except(ListenersOfKafka).Where(name => !IsSetting(name)), Is.Empty);
    }

    [Test]
    public void UpgradingPage_SaysOfEachVariableWhatBecameOfIt()
    {
        var rows = MarkdownTable.Rows(RepositoryFiles.Read(Upgrading), "## Variables")
            .Select(row => (Name: row[0], Today: row[1]))
            .ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(rows, Has.Count.EqualTo(28));
            Assert.That(rows.Select(row => row.Today), Is.All.AnyOf("same", "gone"));
            Assert.That(rows.Where(row => row.Today == "same").Select(row => row.Name), Is.SubsetOf(Settings));
            var gone = rows.Where(row => row.Today == "gone").Select(row => row.Name).ToList();
            Assert.That(LegacySettings.FindIn(Configuration(gone.ToDictionary(name => name, _ => "any"))), Is.EquivalentTo(gone));
        }
    }

    [Test]
    public void ComingPage_NamesSettingsThatThereAre_AndSaysSoWhereANameIsTheSame()
    {
        var rows = MarkdownTable.Rows(RepositoryFiles.Read(Coming), "## Variables");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(rows, Has.Count.GreaterThan(20));
            Assert.That(rows.SelectMany(row => MarkdownTable.Words(row[1])).Where(name => !IsSetting(name)), Is.Empty);
            Assert.That(rows.Where(row => row[2].StartsWith("the same", StringComparison.Ordinal)), Is.All.Matches<string[]>(row => row![0] == row[1]));
        }
    }

    [Test]
    public void KafkaPage_PropertiesOfTheClient_AreTaken()
    {
        var rows = MarkdownTable.Rows(RepositoryFiles.Read("docs/operations/kafka.md"), "## Tuning the client");
        Assert.That(rows, Is.Not.Empty);
        Assert.That(TestSettings.Of(rows.ToDictionary(row => row[0], row => row[1])).Mistakes, Is.Empty);
    }

    /// <summary>Also the beginning of several, and one of the original that is warned of.</summary>
    private static bool IsSetting(string name) =>
        All.Any(setting => setting.IsNamed(name))
        || name.StartsWith("KAFKA_CLIENT_", StringComparison.Ordinal)
        || (name.EndsWith('_') && Settings.Any(setting => setting.StartsWith(name, StringComparison.Ordinal)))
        || LegacySettings.FindIn(Configuration(new() { [name] = "any" })).Count > 0;

    private static IConfiguration Configuration(Dictionary<string, string> environment) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(environment.Select(variable => KeyValuePair.Create(variable.Key, (string?)variable.Value)))
            .Build();

    [GeneratedRegex(@"(?<![A-Za-z_.-])(?<name>[A-Z][A-Z0-9]+_[A-Z0-9_]+)")]
    private static partial Regex Variable();
}
