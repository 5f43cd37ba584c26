
namespace RigKafka.IntegrationTests.Nodes;

/// <summary>The head of an HTTP response as it came over the wire.</summary>
internal sealed record RawResponse(string Version, int Status, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    public bool IsChunked => this["transfer-encoding"] == "chunked";

    /// <summary>A header's value, names compared without regard to case; null when it is not there.</summary>
    public string? this[string name] => Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
