using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using RigKafka.Apis;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Listeners;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Presence;
using RigKafka.Proxy;
using RigKafka.Publishing;
using RigKafka.Sessions;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Docs;

internal sealed partial class MetricsPageTests
{
    private static readonly string Page = RepositoryFiles.Read("docs/reference/metrics.md");

    /// <summary>Metric, Prometheus name, kind, unit, tags, what it says.</summary>
    private static readonly IReadOnlyList<string[]> Metrics = MarkdownTable.Rows(Page, "## The gateway's own");

    [Test]
    public void MetricsPage_ListsExactlyTheInstruments()
    {
        using var services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();
        using var listener = new MeterListener();
        var found = new List<Instrument>();
        var meters = services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Scope == meters)
            {
                found.Add(instrument);
            }
        };
        listener.Start();
        StateEveryFact(services.GetRequiredService<GatewayMetrics>());

        Assert.That(
            Metrics.Select(row => (row[0], row[3], row[5])),
            Is.EquivalentTo(found.Select(instrument => (instrument.Name, instrument.Unit, instrument.Description))));
    }

    [Test]
    public async Task MetricsPage_NamesEachMetricAndItsTagsAsPrometheusScrapesThem()
    {
        await using var app = await TestApp.Start(
            (builder, settings) => builder.AddTelemetry(settings),
            api: api => api.MapTelemetry(),
            settings: new() { ["LOG_LEVEL"] = "error" });
        StateEveryFact(app.Services.GetRequiredService<GatewayMetrics>());
        var scraped = await app.Api.GetStringAsync("/metrics").Soon();

        Assert.That(
            Metrics.Select(row => (row[1], row[2])),
            Is.EquivalentTo(TypeLine().Matches(scraped).Select(line => (line.Groups["name"].Value, line.Groups["kind"].Value))));
        foreach (var row in Metrics)
        {
            var sample = Regex.Match(scraped, $"^{row[1]}(_count)?{{(?<tags>[^}}]*)}}", RegexOptions.Multiline).Groups["tags"].Value;
            var tags = Tag().Matches(sample).Select(tag => tag.Groups["name"].Value).Except(["otel_scope_name"]);
            Assert.That(MarkdownTable.Words(row[4]), Is.EquivalentTo(tags), row[0]);
        }
    }

    [Test]
    public void MetricsPage_ListsEveryValueOfEachTag()
    {
        var values = MarkdownTable.Rows(Page, "## The values of the tags")
            .ToDictionary(row => $"{row[0]} {row[1]}", row => MarkdownTable.Words(row[2]));
        string[] tables = [Blacklist.TableName, ApiTable.Name, PresenceFeature.TableName];
        // There is no other user before there is a connection.
        var forTheToken = Enum.GetValues<TokenRefusal>().Except([TokenRefusal.OtherUser]).Select(refusal => refusal.Word());
        string[] notForTheToken =
        [
            "bad_request", "no_channels", "bad_vsn", "origin", "no_token", "max_connections", "connect_rate", "address_rate",
            "user_connections", "blacklist_unread", "log_unread", "shutdown", "behind",
        ];
        var faults = Enum.GetValues<MessageFault>().Where(fault => fault != MessageFault.None).Select(fault => fault.Word());

        Assert.That(values.Keys, Is.EquivalentTo(Metrics.SelectMany(row => MarkdownTable.Words(row[4]).Select(tag => $"{row[0]} {tag}"))));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(values["rig.connections.closed reason"], Is.EquivalentTo(StaticsOf<CloseReason>().Select(reason => reason.Name)));
            Assert.That(values["rig.connections.refused reason"], Is.EquivalentTo(forTheToken.Concat(notForTheToken)));
            Assert.That(values["rig.messages.poison kind"], Is.EquivalentTo(faults));
            Assert.That(values["rig.messages.published outcome"], Is.EquivalentTo(PublishEndpoint.Outcomes.All));
            Assert.That(values["rig.table.entries table"], Is.EquivalentTo(tables));
            Assert.That(values["rig.table.skipped table"], Is.EquivalentTo(tables));
            Assert.That(values["rig.table.skipped kind"], Is.EquivalentTo([TableEntry.BadKey, TableEntry.BadValue]));
            Assert.That(values["rig.proxy.refused reason"], Is.EquivalentTo(ConstantsOf(typeof(ProxyRefusals.Reasons))));
            Assert.That(values["rig.proxy.failed reason"], Is.EquivalentTo(ConstantsOf(typeof(CallFailures.Reasons))));
            Assert.That(values["rig.proxy.headers_dropped header"], Is.EquivalentTo(DroppedHeaders.Kinds));
            Assert.That(values["rig.tcp.connections peer"], Is.EquivalentTo(ConstantsOf(typeof(AcceptedConnections.Peers))));
            Assert.That(values["rig.tcp.connections.limit peer"], Is.EquivalentTo(ConstantsOf(typeof(AcceptedConnections.Peers))));
            // What this node connects to is refused, not reset.
            Assert.That(values["rig.tcp.reset peer"], Is.EquivalentTo(ConstantsOf(typeof(AcceptedConnections.Peers)).Except([AcceptedConnections.Peers.Services])));
            Assert.That(values["rig.tcp.reset reason"], Is.EquivalentTo(ConstantsOf(typeof(AcceptedConnections.Resets))));
            Assert.That(values["rig.resumes outcome"], Is.EquivalentTo(Resumption.Outcomes));
            Assert.That(values["rig.resumes.duration outcome"], Is.EquivalentTo(Resumption.Outcomes));
            Assert.That(values["rig.resumes.gaps reason"], Is.EquivalentTo(MissedMessages.Gaps));
            Assert.That(values["rig.log.gaps reason"], Is.EquivalentTo(ConstantsOf(typeof(LogPlacement))));
        }
    }

    [Test]
    public async Task MetricsPage_EveryValueOfEachTag_IsScrapedFromTheStart()
    {
        var builder = Program.CreateBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["INBOUND_PORT"] = "0",
            ["API_PORT"] = "0",
            ["LISTEN_ADDRESS"] = "127.0.0.1",
            ["LOG_LEVEL"] = "error",
        });
        Assert.That(Program.AddFeatures(builder).Mistakes, Is.Empty);
        await using var app = builder.Build();
        Program.MapFeatures(app);
        await app.StartAsync().Soon();
        using var http = new HttpClient { BaseAddress = app.Services.ListenAddresses().Api, Timeout = Limits.Hang };
        var page = await http.GetStringAsync("/metrics");
        await app.StopAsync().Soon();
        var scraped = Sample().Matches(page)
            .Where(sample => sample.Groups["value"].Value == "0")
            .Select(sample => sample.Groups["name"].Value + string.Concat(OwnLabels(sample.Groups["labels"].Value)))
            .ToHashSet();

        // A histogram has no sample before the first event. Tables have their entries, and a log its lag, which need not be 0.
        var counted = Metrics.Where(row => row[2] == "counter" || row[0] == "rig.connections");
        Assert.That(
            counted.SelectMany(Samples).Where(sample => !scraped.Contains(sample)),
            Is.Empty,
            "Add them to the CountFromZero of the feature that counts them.");

        static IEnumerable<string> OwnLabels(string labels) => Label().Matches(labels)
            .Select(label => label.Value)
            .Where(label => !label.StartsWith("otel_", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }

    /// <summary>Each sample that a metric may have, by the page.</summary>
    private static IEnumerable<string> Samples(string[] metric)
    {
        IEnumerable<string> samples = [metric[1]];
        foreach (var tag in MarkdownTable.Words(metric[4]).Order(StringComparer.Ordinal))
        {
            var rows = MarkdownTable.Rows(Page, "## The values of the tags");
            var values = MarkdownTable.Words(rows.Single(row => row[0] == metric[0] && row[1] == tag)[2]);
            samples = samples.SelectMany(_ => values, (sample, value) => $"{sample}{tag}=\"{value}\"");
        }

        return samples;
    }

    /// <summary>Calls every method there is, so that a new metric cannot be left out.</summary>
    private static void StateEveryFact(GatewayMetrics metrics)
    {
        foreach (var fact in typeof(GatewayMetrics).GetMethods(BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Public))
        {
            fact.Invoke(metrics, [.. fact.GetParameters().Select(parameter => AnyOf(parameter.ParameterType))]);
        }
    }

    private static object AnyOf(Type type) => type switch
    {
        _ when type == typeof(string) => "some",
        _ when type == typeof(Func<long>) => () => 1L,
        _ when type == typeof(Func<double>) => () => 1.0,
        _ when type == typeof(Func<bool>) => () => true,
        _ when type == typeof(Func<IEnumerable<(string, int, long)>>) => () => new[] { ("some", 1, 1L) },
        _ => Convert.ChangeType(1, type),
    };

    private static IEnumerable<T> StaticsOf<T>() => typeof(T).GetFields(BindingFlags.Static | BindingFlags.Public)
        .Where(field => field.FieldType == typeof(T))
        .Select(field => (T)field.GetValue(null)!);

    private static IEnumerable<string> ConstantsOf(Type type) => type.GetFields(BindingFlags.Static | BindingFlags.Public)
        .Where(field => field.IsLiteral)
        .Select(field => (string)field.GetRawConstantValue()!);

    [GeneratedRegex("^# TYPE (?<name>rig_[a-z_]+) (?<kind>[a-z]+)", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex("^(?<name>rig_[a-z_]+)(\\{(?<labels>[^}]*)\\})? (?<value>[0-9.]+)", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("[a-z_]+=\"[^\"]*\"")]
    private static partial Regex Label();

    [GeneratedRegex("(?<name>[a-z_]+)=\"")]
    private static partial Regex Tag();
}
