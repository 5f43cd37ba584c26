using System.Text.RegularExpressions;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace RigKafka.Tests.Compose;

/// <summary>What stands in <c>compose/monitoring</c>.</summary>
internal static partial class MonitoringFiles
{
    public const string Folder = "compose/monitoring";
    public const string PrometheusRule = "prometheusrule.yaml";

    /// <summary>Labels that look like metrics.</summary>
    private static readonly string[] Labels = ["http_route", "http_response_status_code"];

    public static string Rules { get; } = RepositoryFiles.Read($"{Folder}/rules.yml");

    public static string Configuration { get; } = RepositoryFiles.Read($"{Folder}/prometheus.yml");

    public static IReadOnlyList<AlertRule> Alerts { get; } =
        [.. Yaml.Deserialize<RuleFile>(Rules).Groups.SelectMany(group => group.Rules)];

    private static IDeserializer Yaml => new DeserializerBuilder()
        .WithNamingConvention(UnderscoredNamingConvention.Instance)
        .WithDuplicateKeyChecking()
        .Build();

    /// <summary>The metrics that an expression names, of the gateway and of the framework.</summary>
    public static IEnumerable<string> MetricsOf(string expression) =>
        Metric().Matches(Quoted().Replace(expression, "")).Select(metric => metric.Value).Where(name => !Labels.Contains(name));

    [GeneratedRegex(@"\b(rig|http|dotnet|kestrel|aspnetcore)_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();

    internal sealed class RuleFile
    {
        public List<RuleGroup> Groups { get; set; } = [];
    }

    internal sealed class RuleGroup
    {
        public string Name { get; set; } = "";

        public List<AlertRule> Rules { get; set; } = [];
    }

    internal sealed class AlertRule
    {
        public string Alert { get; set; } = "";

        public string Expr { get; set; } = "";

        public string For { get; set; } = "";

        public Dictionary<string, string> Labels { get; set; } = [];

        public Dictionary<string, string> Annotations { get; set; } = [];
    }
}
