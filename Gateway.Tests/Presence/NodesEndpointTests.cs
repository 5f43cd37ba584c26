using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Presence;

namespace RigKafka.Tests.Presence;

/// <summary>What a node tells the others of itself, and nodes of another version do not tell.</summary>
internal sealed class NodesEndpointTests : PresenceFixture
{
    [TestCase("5 7", 5, 7, null, Description = "of an older version")]
    [TestCase("""5 7 {"name":"a b","later":1}""", 5, 7, """{"name":"a b","later":1}""")]
    [TestCase("x", 0, 0, null)]
    [TestCase("", 0, 0, null)]
    public void Heartbeat_IsReadAsFarAsItIsKnown(string value, long started, long beat, string? summary) =>
        Assert.That(PresenceHeartbeat.Read(Encoding.UTF8.GetBytes(value)), Is.EqualTo(new PresenceHeartbeat(started, beat, summary)));

    [Test]
    public void Heartbeat_IsReadByAnOlderVersion()
    {
        // That version split at each space, and took the first two parts as numbers.
        var parts = Encoding.ASCII.GetString(new PresenceHeartbeat(5, 7, """{"name":"a b"}""").Write()).Split(' ');
        Assert.That(parts[..2], Is.EqualTo(["5", "7"]));
    }

    [Test]
    public async Task Nodes_ListEachOther_WithWhatEachSaysOfItself_AndAnOlderOneWithout()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        await Table.Put("old", new TableEntry("1 5"u8.ToArray(), DateTimeOffset.MaxValue)).Soon();
        await Until(() => b.Index.Nodes.Count == 3 && a.Index.Nodes.Count == 3);

        foreach (var (node, id) in new[] { (a, "a"), (b, "b") })
        {
            Assert.That(node.Index.Nodes.Select(each => (each.Id, each.IsSelf)), Is.EqualTo(new[] { ("old", false), ("a", id == "a"), ("b", id == "b") }));
            Assert.That(node.Index.Nodes[0], Has.Property("Summary").Null.And.Property("Started").EqualTo(1));
            Assert.That(node.Index.Nodes.Skip(1).Select(each => JsonDocument.Parse(each.Summary!).RootElement.GetProperty("state").GetString()), Is.All.EqualTo("ready"));
        }
    }

    [Test]
    public async Task NodeThatFallsSilent_MissesHeartbeats()
    {
        var (a, b) = (await Start("a"), await Start("b"));
        b.Kill();
        await Until(() => a.Index.Nodes.Any(node => node is { Id: "b", Missed: >= 2 }), TimeSpan.FromSeconds(1));
        Assert.That(a.Index.Nodes.Single(node => node.IsSelf).Missed, Is.Zero);
    }
}
