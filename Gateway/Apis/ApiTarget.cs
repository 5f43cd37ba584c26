using RigKafka.Settings;

namespace RigKafka.Apis;

/// <summary>The service behind an API.</summary>
/// <param name="UseEnv">Whether <paramref name="Url"/> is the name of an environment variable that holds the host.</param>
/// <param name="Url">The host, with <c>http://</c> or <c>https://</c> before it or not, or the variable's name.</param>
/// <param name="Port">The port.</param>
/// <param name="IsHttp2">Whether it speaks HTTP/2; without TLS it has to do so without being asked (prior knowledge).</param>
internal sealed record ApiTarget(bool UseEnv, string Url, int Port, bool IsHttp2)
{
    private const string DefaultHost = "localhost";

    /// <summary>What rate limits and log lines call it: as it was defined, whatever the environment says.</summary>
    public string Name => $"{Url}:{Port}";

    /// <summary>Scheme, host and port. Null when they make no address, as an environment variable may hold anything, or when the variable is not for definitions.</summary>
    public string? Address(IConfiguration environment)
    {
        if (UseEnv && OwnVariables.Include(Url))
        {
            return null;
        }

        var host = UseEnv ? environment[Url]?.Trim() is { Length: > 0 } value ? value : DefaultHost : Url;
        return TryParse(host, Port, out var address) ? address : null;
    }

    public static bool TryParse(string host, int port, out string address)
    {
        var hasScheme = host.StartsWith("http://", StringComparison.Ordinal) || host.StartsWith("https://", StringComparison.Ordinal);
        address = $"{(hasScheme ? "" : "http://")}{host}:{port}";
        return Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && uri is { Host.Length: > 0, HostNameType: UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6, UserInfo.Length: 0, PathAndQuery: "/", Fragment.Length: 0 }
            && uri.Port == port
            && !address.EndsWith('/');
    }
}
