using System.Globalization;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>What <c>/metrics</c> says, in the text format of Prometheus.</summary>
internal sealed class MetricsPage(string text)
{
    private readonly string[] _samples = [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#')];

    public IReadOnlySet<string> Names => _samples.Select(sample => sample[..sample.IndexOfAny(['{', ' '])]).ToHashSet();

    /// <summary>The sum of a metric's samples that have all of these labels, each written <c>name="value"</c>.</summary>
    public double Sum(string name, params string[] labels) => _samples
        .Where(sample => sample.StartsWith(name, StringComparison.Ordinal) && sample[name.Length] is '{' or ' ' && labels.All(label => sample.Contains(label, StringComparison.Ordinal)))
        .Sum(sample => double.Parse(sample[(sample.IndexOf("} ", StringComparison.Ordinal) is var end and >= 0 ? end + 2 : name.Length + 1)..].Split(' ')[0], CultureInfo.InvariantCulture));
}
