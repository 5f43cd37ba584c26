using System.Reflection;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RigKafka.Tests.Docs;

namespace RigKafka.Tests;

/// <summary>
/// The rules of the rooms of <c>Gateway/</c>: folder = feature = namespace, uses of lower layers only, one class per file with the small
/// types that belong to it, one block of event ids per folder.
/// </summary>
internal sealed partial class LayeringTests
{
    /// <summary>The folders by layer, lowest first. The commands, and what lies in <c>Gateway/</c> itself, may use them all.</summary>
    private static readonly string[][] Layers =
    [
        ["Settings"],
        ["Messages", "Telemetry"],
        ["Log", "Connections", "Tls"],
        ["Http", "Kafka"],
        ["Listeners", "Delivery", "Auth"],
        ["Publishing", "Presence", "Apis", "Health", "Direct"],
        ["Sessions", "RequestLog"],
        ["Channels", "Proxy"],
        ["Transports"],
        ["Demo", "Operator"],
        ["Commands", ""],
    ];

    /// <summary>The blocks of event ids, by their hundreds, of folders that were one when they got them: an id never changes.</summary>
    private static readonly Dictionary<int, string[]> SharedBlocks = new()
    {
        [10] = ["Kafka", "Log"],
        [12] = ["Auth", "Sessions"],
        [14] = ["Http", "Listeners", "Tls"],
        [17] = ["Apis", "Proxy", "RequestLog"],
    };

    /// <summary>What connections know nothing of.</summary>
    private static readonly string[] Foreign = ["Microsoft.AspNetCore", "Confluent"];

    /// <summary>The files that may hold unsafe code: they call librdkafka past Confluent.Kafka.</summary>
    private static readonly string[] UnsafeFiles = ["Kafka/ConsumerQueue.cs", "Kafka/Librdkafka.cs"];

    private static readonly IReadOnlyList<SourceFile> Sources = SourceFile.ReadAll();

    [Test]
    public void Folders_UseLowerLayersOnly() => Assert.That(Sources.SelectMany(UsesOfHigherLayers), Is.Empty);

    [TestCase("Connections", "using RigKafka.Delivery;", "Connections/Bad.cs uses Delivery")]
    [TestCase("Connections", "using Other = RigKafka.Delivery.FanOut;", "Connections/Bad.cs uses Delivery")]
    [TestCase("Connections", "using static RigKafka.Delivery.FanOut;", "Connections/Bad.cs uses Delivery")]
    [TestCase("Connections", "class Bad { Delivery.FanOut? _fanOut; }", "Connections/Bad.cs uses Delivery")]
    [TestCase("Connections", "class Bad { RigKafka.Log.IMessageLog? _log; }", "Connections/Bad.cs uses Log")]
    [TestCase("Messages", "using RigKafka.Telemetry;", "Messages/Bad.cs uses Telemetry")]
    [TestCase("Nowhere", "", "Nowhere/Bad.cs is in a folder that has no layer")]
    [TestCase(
        "Delivery",
        "using RigKafka.Connections; // Transports.Sse is fine here\nclass Good { const string Text = \"Transports.Sse\"; }",
        null)]
    public void Folders_UseLowerLayersOnly_FindsWhatBreaksIt(string folder, string code, string? expected) =>
        Assert.That(UsesOfHigherLayers(new SourceFile(folder, "Bad.cs", code)), expected is null ? Is.Empty : Is.EqualTo([expected]));

    [Test]
    public void Folders_AreThoseThatHaveALayer() =>
        Assert.That(Layers.SelectMany(layer => layer), Is.EquivalentTo(Sources.Select(source => source.Folder).Distinct()));

    [Test]
    public void ContributingPage_ListsTheRooms_WithTheirLayers_AndWhatTheyUse()
    {
        var rows = MarkdownTable.Rows(RepositoryFiles.Read("docs/CONTRIBUTING.md"), "## The rooms");
        var expected = Layers.SelectMany((layer, at) => layer.Where(folder => folder.Length > 0).Select(folder => Row(at + 1, folder)));
        Assert.That(rows.Select(row => $"| {row[0]} | {row[1]} | {row[3]} |"), Is.EqualTo(expected));
        Assert.That(rows.Select(row => row[2]), Is.Unique.And.None.Empty);

        static string Row(int layer, string folder)
        {
            var uses = Sources.Where(source => source.Folder == folder).SelectMany(Uses).Distinct().Order(StringComparer.Ordinal);
            return $"| {layer} | {folder} | {string.Join(", ", uses)} |";
        }
    }

    [Test]
    public void Files_HoldATypeOfTheirName_AndWhatBelongsToIt_InTheNamespaceOfTheirFolder() =>
        Assert.That(Sources.SelectMany(Misplacements), Is.Empty);

    [TestCase("namespace RigKafka.Log;\ninternal class Bad;", "Connections/Bad.cs is in the namespace RigKafka.Log")]
    [TestCase("namespace RigKafka.Connections;\ninternal class Good;", "Connections/Bad.cs holds Good")]
    [TestCase(
        "namespace RigKafka.Connections;\ninternal sealed class Bad;\ninternal sealed class Other;",
        "Connections/Bad.cs holds Bad, Other")]
    [TestCase("namespace RigKafka.Connections;\ninternal interface Bad;\ninternal interface Other;", "Connections/Bad.cs holds Bad, Other")]
    [TestCase(
        "namespace RigKafka.Connections;\ninternal enum Other { A }\ninternal sealed record Another(int A);",
        "Connections/Bad.cs holds Other, Another")]
    [TestCase(
        "namespace RigKafka.Connections;\ninternal enum Bad { A }\ninternal static class OtherWords { }",
        "Connections/Bad.cs holds Bad, OtherWords")]
    [TestCase("namespace RigKafka.Connections;\ninternal enum Bad { A }\ninternal static class BadWords { }", null)]
    [TestCase(
        "namespace RigKafka.Connections;\ninternal sealed class Bad;\ninternal enum Kind { A }\n"
        + "internal readonly record struct Item(int A);\ninternal sealed class OwnException : Exception;",
        null)]
    [TestCase("namespace RigKafka.Connections;\ninternal readonly record struct Bad(int A);", null)]
    public void Files_HoldATypeOfTheirName_FindsWhatBreaksIt(string code, string? expected) =>
        Assert.That(Misplacements(new SourceFile("Connections", "Bad.cs", code)), expected is null ? Is.Empty : Is.EqualTo([expected]));

    [Test]
    public void ConfluentKafka_IsNamedInKafkaOnly() =>
        Assert.That(
            Sources.Where(source => source.Folder != "Kafka" && source.Code.Contains("Confluent.", StringComparison.Ordinal)),
            Is.Empty);

    [Test]
    public void UnsafeCode_IsInTheFilesThatMayHoldIt_AndInNoOther() =>
        Assert.That(Sources.Where(HoldsUnsafeCode).Select(source => $"{source}"), Is.EquivalentTo(UnsafeFiles));

    [TestCase("internal static unsafe class Bad;", true)]
    [TestCase("class Bad { void Read() { unsafe { } } }", true)]
    [TestCase("class Good { string Text = \"unsafe\"; } // unsafe", false)]
    public void UnsafeCode_FindsWhatBreaksIt(string code, bool expected) =>
        Assert.That(HoldsUnsafeCode(new SourceFile("Connections", "Bad.cs", code)), Is.EqualTo(expected));

    [Test]
    public void Connections_KnowNeitherHttpNorKafka() => Assert.That(ForeignTypes("RigKafka.Connections"), Is.Empty);

    [Test]
    public void Connections_KnowNeitherHttpNorKafka_WouldBeFoundIfTheyDid() =>
        Assert.That(ForeignTypes("RigKafka.Transports"), Is.Not.Empty);

    [Test]
    public void EventIds_AreUniqueAndOfOneBlockInEachFolder() => Assert.That(EventIdFaults(Sources), Is.Empty);

    [TestCase("[LoggerMessage(1500, LogLevel.Debug)]", "[LoggerMessage(1500, LogLevel.Debug)]", "1500 is given 2 times")]
    [TestCase(
        "[LoggerMessage(1100, LogLevel.Debug)]",
        "[LoggerMessage(EventId = 1150, Level = LogLevel.Debug)]",
        "the block of 1100 is used by Connections, Log")]
    public void EventIds_AreUniqueAndOfOneBlock_FindsWhatBreaksIt(string one, string other, string expected)
    {
        SourceFile[] sources = [new("Log", "A.cs", one), new("Connections", "B.cs", other)];
        Assert.That(EventIdFaults(sources), Has.Some.EqualTo(expected));
    }

    private static IEnumerable<string> UsesOfHigherLayers(SourceFile source)
    {
        var own = Array.FindIndex(Layers, layer => layer.Contains(source.Folder));
        if (own < 0)
        {
            return [$"{source} is in a folder that has no layer"];
        }

        return own == Layers.Length - 1
            ? []
            : Uses(source).Where(Layers.Skip(own).SelectMany(layer => layer).Contains).Select(folder => $"{source} uses {folder}");
    }

    private static IEnumerable<string> Uses(SourceFile source) =>
        Layers.SelectMany(layer => layer)
            .Where(folder => folder.Length > 0 && folder != source.Folder)
            .Where(folder => Regex.IsMatch(source.Code, $@"RigKafka\.{folder}\b|(?<![\w.)\]]\s*\.?)(?<!\.){folder}\.[A-Z]\w*"));

    private static bool HoldsUnsafeCode(SourceFile source) => Regex.IsMatch(source.Code, @"\bunsafe\b");

    private static IEnumerable<string> Misplacements(SourceFile source)
    {
        if (source.Folder.Length == 0 && source.Name == "Program.cs")
        {
            yield break;
        }

        var place = NamespaceLine().Match(source.Code).Groups[1].Value;
        if (place != "RigKafka." + source.Folder)
        {
            yield return $"{source} is in the namespace {place}";
        }

        var name = Path.GetFileNameWithoutExtension(source.Name);
        var types = TypeLine().Matches(source.Code).Select(match => (Kind: match.Groups[1].Value, Name: match.Groups[2].Value)).ToArray();
        if (!types.Any(type => type.Name == name) || types.Any(type => type.Name != name && !BelongsTo(name, type.Kind, type.Name)))
        {
            yield return $"{source} holds {string.Join(", ", types.Select(type => type.Name))}";
        }
    }

    /// <summary>What may stand beside the type that a file is named after: data, a delegate, an exception, the words of an enum.</summary>
    private static bool BelongsTo(string file, string kind, string name) =>
        kind is not ("class" or "interface" or "struct") || name.EndsWith("Exception", StringComparison.Ordinal) || name == file + "Words";

    private static IEnumerable<string> EventIdFaults(IEnumerable<SourceFile> sources)
    {
        var ids = sources
            .SelectMany(source => EventId().Matches(source.Code).Select(match => (source.Folder, Id: int.Parse(match.Groups[1].Value))))
            .ToArray();
        var twice = ids.GroupBy(given => given.Id)
            .Where(same => same.Count() > 1)
            .Select(same => $"{same.Key} is given {same.Count()} times");
        var shared = ids.GroupBy(given => given.Id / 100, given => given.Folder)
            .Select(block => (block.Key, Folders: block.Distinct().Order().ToArray()))
            .Where(block => block.Folders.Length > 1 && !block.Folders.SequenceEqual(SharedBlocks.GetValueOrDefault(block.Key, [])))
            .Select(block => $"the block of {block.Key * 100} is used by {string.Join(", ", block.Folders)}");
        var scattered = ids.GroupBy(given => given.Folder, given => given.Id / 100).Where(folder => folder.Distinct().Count() > 1)
            .Select(folder => $"{folder.Key} has ids of more than one block");
        return twice.Concat(shared).Concat(scattered);
    }

    /// <summary>
    /// The types of HTTP and Kafka in the signatures, fields and local variables of a namespace. The web SDK has implicit usings, so a
    /// <c>using</c> would not show them.
    /// </summary>
    private static IEnumerable<string> ForeignTypes(string place)
    {
        const BindingFlags All =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        return
            from type in typeof(Program).Assembly.GetTypes()
            where type.Namespace == place
            from member in type.GetMembers(All)
            from used in Used(member)
            where used.Namespace is { } name && Foreign.Any(start => name.StartsWith(start, StringComparison.Ordinal))
            select $"{type.Name}.{member.Name} uses {used}";

        static IEnumerable<Type> Used(MemberInfo member) => member switch
        {
            FieldInfo field => [field.FieldType],
            PropertyInfo property => [property.PropertyType],
            MethodBase method =>
            [
                .. method.GetParameters().Select(parameter => parameter.ParameterType),
                .. method is MethodInfo info ? [info.ReturnType] : Type.EmptyTypes,
                .. method.GetMethodBody()?.LocalVariables.Select(variable => variable.LocalType) ?? [],
            ],
            _ => [],
        };
    }

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(
        @"^(?:(?:internal|public|file|sealed|static|abstract|partial|readonly|ref|unsafe) )*"
        + @"(record struct|record class|record|class|struct|interface|enum|delegate [\w<>?]+) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+)")]
    private static partial Regex EventId();
}
