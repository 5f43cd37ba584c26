using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RigKafka.Tests.Docs;

/// <summary>The types that a front end may copy, beside the page that says what is on the wire.</summary>
internal sealed partial class FrontEndPageTests
{
    private static readonly string Types = RepositoryFiles.Read("docs/getting-started/write-a-front-end/events.d.ts");
    private static readonly string Wire = RepositoryFiles.Read("docs/reference/wire.md");

    [Test]
    public void Types_HaveEachEventOfTheWireThatHasData()
    {
        var events = Events().Match(Types).Value;
        var onTheWire = MarkdownTable.Rows(Wire, "### The stream")
            .Where(row => !row[0].StartsWith('(') && !row[2].StartsWith("none", StringComparison.Ordinal))
            .SelectMany(row => MarkdownTable.Words(row[0]));
        Assert.That(Field().Matches(events).Select(field => field.Groups["name"].Value), Is.EquivalentTo(onTheWire));
    }

    [Test]
    public void Types_HaveEachReasonOfAGap() =>
        Assert.That(TextsOf("GapReason"), Is.EquivalentTo(MarkdownTable.Rows(Wire, "### Gap").Select(row => row[0])));

    [Test]
    public void Types_HaveEachReasonThatAStreamIsToldOfWhenItEnds()
    {
        string[] untold = ["slow_consumer", "client_gone"];
        var ended = MarkdownTable.Rows(Wire, "### Why a stream ends").Select(row => row[0]).Except(untold);
        var turnedAway = MarkdownTable.Rows(Wire, "### Turned away for the moment").SelectMany(row => MarkdownTable.Words(row[0]));
        Assert.That(TextsOf("CloseReason"), Is.EquivalentTo(ended.Union(turnedAway)));
    }

    private static IEnumerable<string> TextsOf(string type) =>
        Text().Matches(Regex.Match(Types, $"^export type {type} =.*?;", RegexOptions.Multiline | RegexOptions.Singleline).Value).Select(text => text.Groups["text"].Value);

    [GeneratedRegex("^export interface Events {.*?^}", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Events();

    [GeneratedRegex("^  (?<name>[a-z_]+):", RegexOptions.Multiline)]
    private static partial Regex Field();

    [GeneratedRegex("\"(?<text>[a-z_]+)\"")]
    private static partial Regex Text();
}
