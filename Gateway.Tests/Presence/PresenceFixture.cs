using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace RigKafka.Tests.Presence;

/// <summary>Nodes that share a table of presence, and what their clients are told.</summary>
internal abstract class PresenceFixture
{
    private readonly List<PresentNode> _nodes = [];

    protected FakeTimeProvider Time { get; } = new();

    protected FakeTable Table { get; private set; } = null!;

    [SetUp]
    public void Prepare()
    {
        Table = new FakeTable(Time);
        Table.Ready.SetResult();
    }

    [TearDown]
    public void Stop()
    {
        _nodes.ForEach(node => node.Dispose());
        _nodes.Clear();
    }

    protected async Task<PresentNode> Start(string id, int maxEntries = 100)
    {
        var node = new PresentNode(id, Table, Time, maxEntries);
        _nodes.Add(node);
        await node.Start();
        await Until(() => Keys().Contains(id));
        // The next one is younger.
        Time.Advance(TimeSpan.FromMilliseconds(1));
        return node;
    }

    protected string[] Keys() => [.. Table.Shared.Entries.Select(pair => pair.Key).Order(StringComparer.Ordinal)];

    /// <summary>The line of that number, once the moment has passed in which changes are gathered.</summary>
    protected async Task<JsonElement> Told(FakeWire wire, int lines)
    {
        await Until(() => wire.Lines.Length >= lines, TimeSpan.FromMilliseconds(100));
        Assert.That(wire.Lines[lines - 1], Does.StartWith("presence_diff||"));
        return JsonDocument.Parse(wire.Lines[lines - 1]["presence_diff||".Length..]).RootElement;
    }

    protected static string[] Users(JsonElement diff, string what) =>
        [.. diff.GetProperty(what).EnumerateObject().SelectMany(user => Enumerable.Repeat(user.Name, user.Value.GetProperty("metas").GetArrayLength()))];

    /// <summary>Time passes in steps until something holds: what waits for time does its work on other threads.</summary>
    protected async Task Until(Func<bool> holds, TimeSpan step = default)
    {
        using var limit = new CancellationTokenSource(Limits.Hang);
        while (!holds())
        {
            Assert.That(limit.IsCancellationRequested, Is.False, "it did not come to hold");
            Time.Advance(step);
            await Task.Delay(1);
        }
    }
}
