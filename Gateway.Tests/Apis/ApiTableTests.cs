using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RigKafka.Apis;
using RigKafka.Log;
using RigKafka.Tests.Proxy;

namespace RigKafka.Tests.Apis;

/// <summary>Two nodes on one table, whose writes reach both in one order.</summary>
internal sealed class ApiTableTests
{
    private HeldTable _table = null!;
    private (ApiTable Table, ApiEditor Editor) _one;
    private (ApiTable Table, ApiEditor Editor) _two;

    private MetricTotals _totals = null!;

    [SetUp]
    public void Start()
    {
        _table = new HeldTable();
        _totals = new MetricTotals(listen: false);
        (_one, _two) = (Node(), Node());
    }

    [TearDown]
    public void Stop() => _totals.Dispose();

    [Test]
    public async Task Create_OfTheSameNewIdOnTwoNodesAtOnce_IsDoneOnceAndExistsOnce()
    {
        _table.Hold();
        var (first, second) = (_one.Editor.Create(Definition("x", "first")), _two.Editor.Create(Definition("x", "second")));
        _table.Release();
        Assert.That((await first.Soon()).Kind, Is.EqualTo(ApiChangeKind.Done));
        Assert.That((await second.Soon()).Kind, Is.EqualTo(ApiChangeKind.Exists));
        Assert.That(NameOn(_one.Table), Is.EqualTo("first"));
        Assert.That(NameOn(_two.Table), Is.EqualTo("first"));
        // What compaction keeps is what is in force.
        Assert.That(NameOn(Node().Table), Is.EqualTo("first"));
    }

    [Test]
    public async Task Update_OnTwoNodesAtOnce_LosesNeither()
    {
        await _one.Editor.Create(Definition("x", "first"));
        _table.Hold();
        var (first, second) = (
            _one.Editor.Update("x", new JsonObject { ["name"] = "renamed" }),
            _two.Editor.Update("x", new JsonObject { ["note"] = "kept" }));
        _table.Release();
        Assert.That((await first.Soon()).Kind, Is.EqualTo(ApiChangeKind.Done));
        Assert.That((await second.Soon()).Kind, Is.EqualTo(ApiChangeKind.Done));
        foreach (var table in new[] { _one.Table, _two.Table, Node().Table })
        {
            var json = table.Find("x")!.Definition.Json;
            Assert.That(json.GetProperty("name").GetString(), Is.EqualTo("renamed"));
            Assert.That(json.GetProperty("note").GetString(), Is.EqualTo("kept"));
            Assert.That(json.GetProperty("ref_number").GetInt32(), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Routes_AreThoseOfTheActiveDefinitions_InOrderOfId()
    {
        await _one.Editor.Create(Definition("b", "b"));
        await _one.Editor.Create(Definition("a", "a"));
        Assert.That(_two.Table.Routes.Find("GET", "/x")!.Definition.Id, Is.EqualTo("a"));
        await _two.Editor.Delete("a");
        Assert.That(_one.Table.Routes.Find("GET", "/x")!.Definition.Id, Is.EqualTo("b"));
        await _two.Editor.Delete("b");
        Assert.That(_one.Table.Routes.Find("GET", "/x"), Is.Null);
    }

    [Test]
    public async Task Change_ThatIsDone_IsInForce_ThoughCallersAreHavingTheRoutesMadeMeanwhile()
    {
        // Many, so that making the routes takes its time.
        var bulk = Enumerable.Range(0, 3000).Select(i => ProxyApp.Endpoint("GET", $"/bulk/{i}")).ToArray();
        await _one.Editor.Create(ProxyApp.Definition("bulk", 80, bulk));
        var isOver = false;
        var callers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                _one.Table.Routes.Find("GET", "/bulk/1");
            }
        })).ToArray();
        try
        {
            for (var i = 0; i < 50; i++)
            {
                Assert.That(
                    (await _one.Editor.Create(ProxyApp.Definition("x", 80, ProxyApp.Endpoint("GET", "/x"))).Soon()).Kind,
                    Is.EqualTo(ApiChangeKind.Done));
                Assert.That(_one.Table.Routes.Find("GET", "/x"), Is.Not.Null, $"after {i} rounds");
                await _one.Editor.Delete("x").Soon();
                Assert.That(_one.Table.Routes.Find("GET", "/x"), Is.Null, $"after {i} rounds");
            }
        }
        finally
        {
            Volatile.Write(ref isOver, true);
        }

        await Task.WhenAll(callers).Soon();
    }

    [Test]
    public async Task Table_WithSomethingElseInIt_IsReadAroundIt()
    {
        await _one.Editor.Create(Definition("x", "first"));
        await _table.Put("x", new TableEntry("garbage"u8.ToArray(), DateTimeOffset.MaxValue));
        Assert.That(NameOn(_two.Table), Is.EqualTo("first"));
    }

    /// <summary>Whoever writes to a table whose log was lost counts from the beginning.</summary>
    [Test]
    public async Task DefinitionOfALaterEra_IsInForce_WhateverItsRevision()
    {
        await _one.Editor.Create(Definition("x", "first"));
        await _one.Editor.Update("x", new JsonObject { ["name"] = "renamed" });
        var lost = new HeldTable();
        var (_, editor) = Node(lost);
        await editor.Create(Definition("x", "anew"));
        var entry = lost.Copy().Get("x");

        _table.Tell(new TableChange("x", entry));
        Assert.That(NameOn(_two.Table), Is.EqualTo("renamed"));
        _table.Tell(new TableChange("x", entry, Era: 1));
        Assert.That(NameOn(_two.Table), Is.EqualTo("anew"));

        await editor.Update("x", new JsonObject { ["name"] = "renamed again" });
        _table.Tell(new TableChange("x", lost.Copy().Get("x"), Era: 1));
        _table.Tell(new TableChange("x", entry, Era: 1));
        Assert.That(NameOn(_two.Table), Is.EqualTo("renamed again"), "within an era the revision counts");
    }

    [Test]
    public async Task Seed_IsReplacedByAChangedFile_UntilSomebodyChangesItAtRunTime()
    {
        await Seed(
            _one.Editor,
            "1",
            Definition("kept", "old"),
            Definition("changed", "old"),
            Definition("dropped", "old"),
            Definition("deleted", "old"));
        await _one.Editor.Update("changed", new JsonObject { ["name"] = "by hand" });
        await _one.Editor.Delete("deleted");
        await _one.Editor.Create(Definition("created", "by hand"));
        var changed = new[] { "kept", "changed", "deleted", "created", "added" }.Select(id => Definition(id, "new")).ToArray();
        await Seed(_two.Editor, "2", changed);
        Assert.That(Active(), Is.EquivalentTo(["kept new", "changed by hand", "created by hand", "added new"]));
        // The same file again changes nothing.
        var written = _table.Written;
        await Seed(_one.Editor, "2", changed);
        Assert.That(_table.Written, Is.EqualTo(written));
    }

    private IEnumerable<string> Active()
        => _one.Table.All.Where(api => api.Definition.Active).Select(api => $"{api.Definition.Id} {api.Definition.Name}");

    private static string NameOn(ApiTable table) => table.Find("x")!.Definition.Name;

    private static async Task Seed(ApiEditor editor, string hash, params JsonObject[] definitions)
    {
        var defaults = new DefinitionDefaults(TimeProvider.System);
        var read = definitions.Select(json => Reader().Read(DefinitionJson.ToElement(defaults.Complete(json)), [])!);
        Assert.That(await editor.Seed(new SeedFile([.. read], hash)), Is.True);
    }

    private (ApiTable Table, ApiEditor Editor) Node(HeldTable? held = null)
    {
        var table = new ApiTable((held ?? _table).Copy(), Reader(), new ConfigurationBuilder().Build(), NullLogger<ApiTable>.Instance);
        (held ?? _table).Replay();
        return (table, new ApiEditor(table, Reader(), new DefinitionDefaults(TimeProvider.System)));
    }

    private static DefinitionReader Reader() => new(new EndpointReader(new LogOptions()), []);

    private static JsonObject Definition(string id, string name)
        => ProxyApp.Definition(id, 80, ProxyApp.Endpoint("GET", "/x")).With("name", name);
}
