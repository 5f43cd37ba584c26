using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Listeners;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Presence;
using RigKafka.Proxy;
using RigKafka.Publishing;
using RigKafka.Telemetry;
using RigKafka.Tests.Listeners;
using RigKafka.Transports;

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

        Assert.That(Metrics.Select(row => (row[0], row[3], row[5])), Is.EquivalentTo(found.Select(instrument => (instrument.Name, instrument.Unit, instrument.Description))));
    }

    [Test]
    public async Task MetricsPage_NamesEachMetricAndItsTagsAsPrometheusScrapesThem()
    {
        await using var app = await TestApp.Start((builder, settings) => builder.AddTelemetry(settings), api: api => api.MapTelemetry(), settings: new() { ["LOG_LEVEL"] = "error" });
        StateEveryFact(app.Services.GetRequiredService<GatewayMetrics>());
        var scraped = await app.Api.GetStringAsync("/metrics").WaitAsync(TestApp.Timeout);

        Assert.That(Metrics.Select(row => (row[1], row[2])), Is.EquivalentTo(TypeLine().Matches(scraped).Select(line => (line.Groups["name"].Value, line.Groups["kind"].Value))));
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
        var values = MarkdownTable.Rows(Page, "## The values of the tags").ToDictionary(row => $"{row[0]} {row[1]}", row => MarkdownTable.Words(row[2]));
        string[] notForTheToken = ["bad_request", "no_channels", "bad_vsn", "origin", "no_token", Admission.TooMany, Admission.TooFast, Admission.AddressTooFast, UserConnections.TooMany, Entrance.BlacklistUnread, Entrance.LogUnread, CloseReason.Shutdown.Name];

        Assert.That(values.Keys, Is.EquivalentTo(Metrics.SelectMany(row => MarkdownTable.Words(row[4]).Select(tag => $"{row[0]} {tag}"))));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(values["rig.connections.closed reason"], Is.EquivalentTo(StaticsOf<CloseReason>().Select(reason => reason.Name)));
            // There is no other user before there is a connection.
            Assert.That(values["rig.connections.refused reason"], Is.EquivalentTo(Enum.GetValues<TokenRefusal>().Except([TokenRefusal.OtherUser]).Select(refusal => refusal.Word()).Concat(notForTheToken)));
            Assert.That(values["rig.messages.poison kind"], Is.EquivalentTo(Enum.GetValues<MessageFault>().Where(fault => fault != MessageFault.None).Select(fault => fault.Word())));
            Assert.That(values["rig.messages.published outcome"], Is.EquivalentTo(ConstantsOf(typeof(PublishOutcome))));
            Assert.That(values["rig.table.entries table"], Is.EquivalentTo([Blacklist.TableName, ApiTable.Name, PresenceFeature.TableName]));
            Assert.That(values["rig.table.skipped table"], Is.EquivalentTo([Blacklist.TableName, ApiTable.Name, PresenceFeature.TableName]));
            Assert.That(values["rig.table.skipped kind"], Is.EquivalentTo([TableRecord.BadKey, TableRecord.BadValue]));
            Assert.That(values["rig.proxy.refused reason"], Is.EquivalentTo(ConstantsOf(typeof(RefusalWords))));
            Assert.That(values["rig.proxy.failed reason"], Is.EquivalentTo(ConstantsOf(typeof(FailureWords))));
            Assert.That(values["rig.tcp.connections peer"], Is.EquivalentTo(ConstantsOf(typeof(PeerWords))));
            // What this node connects to is refused, not reset.
            Assert.That(values["rig.tcp.reset peer"], Is.EquivalentTo(ConstantsOf(typeof(PeerWords)).Except([PeerWords.Services])));
            Assert.That(values["rig.tcp.reset reason"], Is.EquivalentTo(ConstantsOf(typeof(ResetWords))));
            Assert.That(values["rig.log.gaps reason"], Is.EquivalentTo(ConstantsOf(typeof(LogPlacement))));
        }
    }

    /// <summary>Calls every method there is, so that a new metric cannot be left out.</summary>
    private static void StateEveryFact(GatewayMetrics metrics)
    {
        foreach (var fact in typeof(GatewayMetrics).GetMethods(BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Public))
        {
            fact.Invoke(metrics, [.. fact.GetParameters().Select(parameter => Sample(parameter.ParameterType))]);
        }
    }

    private static object Sample(Type type) => type switch
    {
        _ when type == typeof(string) => "some",
        _ when type == typeof(Func<long>) => () => 1L,
        _ when type == typeof(Func<bool>) => () => true,
        _ => Convert.ChangeType(1, type),
    };

    private static IEnumerable<T> StaticsOf<T>() => typeof(T).GetFields(BindingFlags.Static | BindingFlags.Public).Where(field => field.FieldType == typeof(T)).Select(field => (T)field.GetValue(null)!);

    private static IEnumerable<string> ConstantsOf(Type type) => type.GetFields(BindingFlags.Static | BindingFlags.Public).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

    [GeneratedRegex("^# TYPE (?<name>rig_[a-z_]+) (?<kind>[a-z]+)", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex("(?<name>[a-z_]+)=\"")]
    private static partial Regex Tag();
}
