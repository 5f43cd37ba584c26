using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace RigKafka.Tests.Docs;

internal sealed class LogEventsPageTests
{
    private const int BlockSize = 100;

    private const BindingFlags All =
        BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

    private static readonly IReadOnlyList<(string Folder, LoggerMessageAttribute Event)> Events =
    [
        .. typeof(Program).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(All))
            .Where(method => method.IsDefined(typeof(LoggerMessageAttribute)))
            .Select(method => (
                Folder: method.DeclaringType!.Namespace!.Split('.')[^1],
                Event: method.GetCustomAttribute<LoggerMessageAttribute>()!))
            .OrderBy(found => found.Event.EventId),
    ];

    [Test]
    public void LogEventsPage_ListsExactlyTheEventsOfTheProgram()
    {
        var page = RepositoryFiles.Read("docs/reference/log-events.md");
        var table = string.Join('\n', page.Split('\n').Where(line => line.StartsWith('|')).Skip(2));
        Assert.That(table, Is.EqualTo(string.Join('\n', Events.Select(Row))));
    }

    [Test]
    public void LogEventsPage_HasOneNoteForAnEvent_AndForNoOther()
    {
        var lines = RepositoryFiles.Read("docs/reference/log-events.md").Split('\n');
        var notes = lines.Where(line => line.StartsWith("- ", StringComparison.Ordinal)).ToList();
        var ids = notes
            .SelectMany(note => note.Split(' ').Skip(1).TakeWhile(word => word is "and" || char.IsAsciiDigit(word[0])))
            .Where(word => word is not "and")
            .Select(word => int.Parse(word.TrimEnd(',', ':'), CultureInfo.InvariantCulture)).ToList();
        Assert.That(ids, Is.Unique.And.Count.AtLeast(notes.Count));
        Assert.That(ids, Is.SubsetOf(Events.Select(found => found.Event.EventId)));
    }

    [Test]
    public void EventIds_AreDifferent_AndEachFolderHasOneBlock()
    {
        Assert.That(Events.Select(found => found.Event.EventId), Is.Unique);
        Assert.That(Events.Select(found => found.Event.EventName), Is.Unique.And.None.Null);
        var blocks = Events.Select(found => (Block: found.Event.EventId / BlockSize, found.Folder)).Distinct().ToList();
        Assert.That(blocks.Select(block => block.Folder), Is.Unique);
    }

    private static string Row((string Folder, LoggerMessageAttribute Event) found)
    {
        var level = found.Event.Level == LogLevel.None ? "see below" : found.Event.Level.ToString();
        return $"| {found.Event.EventId} | `{found.Event.EventName}` | {found.Folder} | {level} | {found.Event.Message} |";
    }
}
