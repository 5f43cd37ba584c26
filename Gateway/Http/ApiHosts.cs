using System.Net;

namespace RigKafka.Http;

/// <summary>
/// Tells a call by a name that a web page may have had rebound to this node (DNS rebinding) from all others: to the browser such a page
/// is of the node's own origin, so only the name gives it away.
/// </summary>
internal sealed class ApiHosts(ApiPageOptions options)
{
    private const string Localhost = "localhost";

    /// <summary>What nobody can register in the public DNS.</summary>
    private static readonly string[] InternalSuffixes = [".svc", ".cluster.local", ".internal"];

    public bool Take(HttpContext context)
    {
        var rule = context.GetEndpoint()?.Metadata.GetMetadata<ApiHostRule>();
        var host = context.Request.Host.Host;
        if (rule is { IsAny: true } || IsAddress(host))
        {
            return true;
        }

        var name = host.EndsWith('.') ? host[..^1] : host;
        if (IsLoopback(name) || options.AllowedHosts.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return true;
        }

        return rule is not { IsAny: false } && (IsInternal(name) || !IsLoopback(context.Connection.LocalIpAddress));
    }

    /// <summary>As a browser writes an address; other ways to write one are names to us.</summary>
    private static bool IsAddress(string host) =>
        IPAddress.TryParse(host, out var address) && (host.StartsWith('[') || address.ToString() == host);

    private static bool IsLoopback(string name) =>
        name.Equals(Localhost, StringComparison.OrdinalIgnoreCase) || name.EndsWith("." + Localhost, StringComparison.OrdinalIgnoreCase);

    /// <summary>A connection on which others than this machine came in is guarded by who can reach the port at all.</summary>
    private static bool IsLoopback(IPAddress? local) => local is not null && IPAddress.IsLoopback(local.Plain());

    /// <summary>A call without a name is not by one that was rebound: browsers always send one.</summary>
    private static bool IsInternal(string name) =>
        !name.Contains('.') || Array.Exists(InternalSuffixes, suffix => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
}

/// <summary>By which names an endpoint of the API may be called, where the rule for the others does not fit.</summary>
/// <param name="IsAny">Whether any name will do; otherwise it takes one that this node knows.</param>
internal sealed record ApiHostRule(bool IsAny)
{
    /// <summary>By any: it says nothing that is worth a rebound name, and probes ask for it by whatever name they have.</summary>
    public static readonly ApiHostRule AnyName = new(IsAny: true);

    /// <summary>
    /// By an address, a name of this machine or one in the settings, whichever interface the call came in on: it hands out what signs a
    /// user in.
    /// </summary>
    public static readonly ApiHostRule KnownName = new(IsAny: false);
}
