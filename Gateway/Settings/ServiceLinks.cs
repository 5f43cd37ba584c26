using System.Text.RegularExpressions;

namespace RigKafka.Settings;

/// <summary>
/// The variables by which Kubernetes describes every Service of the namespace to every container. A Service called <c>api</c> has
/// <c>API_PORT</c>, and one called <c>kafka-client</c> has several that look like properties of the Kafka client.
/// </summary>
internal static partial class ServiceLinks
{
    /// <summary>Whether a variable is one of them rather than somebody's setting.</summary>
    public static bool Include(string name, string value) => HasTheirName(name) || (Port().IsMatch(name) && Address().IsMatch(value));

    /// <summary>Whether a name can be nothing else. That of a Service's port may be a setting, too: there the value tells.</summary>
    public static bool HasTheirName(string name) => Name().IsMatch(name);

    [GeneratedRegex(@"^[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$")]
    private static partial Regex Name();

    [GeneratedRegex("^[A-Z0-9_]+_PORT$")]
    private static partial Regex Port();

    [GeneratedRegex(@"^(tcp|udp|sctp)://\S+:\d+$")]
    private static partial Regex Address();
}
