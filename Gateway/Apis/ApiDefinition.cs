using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using RigKafka.Settings;

namespace RigKafka.Apis;

/// <summary>One API as an operator defined it: which calls are let through, for whom, and where they go.</summary>
internal sealed record ApiDefinition
{
    /// <summary>
    /// The key of the definition. Where endpoints of two APIs match a call, the API whose id comes first in ordinal order gets it.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The name for people; may be empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether the API is routed and listed.</summary>
    public bool Active { get; init; } = true;

    /// <summary>Where a call carries its token; null if none is asked for.</summary>
    public AuthRule? Auth { get; init; }

    /// <summary>The endpoints, in the order of matching.</summary>
    public required ImmutableArray<EndpointDefinition> Endpoints { get; init; }

    /// <summary>Where calls are forwarded to; null if all of them go to Kafka.</summary>
    public required ApiTarget? Target { get; init; }

    /// <summary>The headers of clients that services get although the gateway would drop them.</summary>
    public FrozenSet<string> PassedHeaders { get; init; } = FrozenSet<string>.Empty;

    /// <summary>The whole definition, as it is stored and shown.</summary>
    public JsonElement Json { get; init; }
}

/// <summary>Where a call may carry its token.</summary>
internal sealed record AuthRule(bool UseHeader, string HeaderName, bool UseQuery, string QueryName);

/// <summary>One endpoint of an API: a method, and the paths that it is for.</summary>
internal sealed record EndpointDefinition
{
    /// <summary>The methods that an endpoint can be for, as mistakes name them.</summary>
    public const string Methods = "GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS";

    /// <summary>The name of the endpoint in the request log; may be empty.</summary>
    public required string Id { get; init; }

    public required PathTemplate Path { get; init; }

    public required string Method { get; init; }

    /// <summary>Whether a call needs no token although the API asks for tokens.</summary>
    public bool NotSecured { get; init; }

    /// <summary>The headers that are set on the forwarded request, over those of the client.</summary>
    public ImmutableArray<KeyValuePair<string, string>> AddHeaders { get; init; } = [];

    /// <summary>How long the service may take to answer; null for the gateway's setting.</summary>
    public TimeSpan? ResponseTimeout { get; init; }

    /// <summary>What is made of a call that goes to Kafka; null for one that goes to the service.</summary>
    public KafkaTarget? Kafka { get; init; }

    /// <summary>The whole endpoint, for the request log.</summary>
    public JsonElement Json { get; init; }

    public static bool IsMethod(string method) => method is "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS";
}

/// <summary>The Kafka record that a call becomes: its topic, its key, and its headers. The value is the body of the call.</summary>
internal sealed record KafkaTarget(string Topic, KafkaField? Key, ImmutableArray<KeyValuePair<string, KafkaField>> Headers);

/// <summary>Where the key or a header of a Kafka record comes from.</summary>
/// <param name="Source">What kind of thing is looked at.</param>
/// <param name="Name">The name of the header or claim; for a fixed value, the value.</param>
internal sealed record KafkaField(KafkaFieldSource Source, string Name);

/// <summary>What the key or a header of a Kafka record is taken from.</summary>
internal enum KafkaFieldSource
{
    /// <summary>A value that the definition gives.</summary>
    Value,

    /// <summary>A header of the request.</summary>
    Header,

    /// <summary>A claim of the token that the call was let in with.</summary>
    Claim,
}

/// <summary>The service behind an API.</summary>
/// <param name="UseEnv">Whether <paramref name="Url"/> is the name of an environment variable that holds the host.</param>
/// <param name="Url">The host, with or without <c>http://</c> or <c>https://</c> before it, or the variable's name.</param>
/// <param name="Port">The port.</param>
/// <param name="IsHttp2">Whether it speaks HTTP/2; without TLS it has to do so by prior knowledge.</param>
internal sealed record ApiTarget(bool UseEnv, string Url, int Port, bool IsHttp2)
{
    private const string DefaultHost = "localhost";

    /// <summary>The name of the service for rate limits and log lines: as it was defined, whatever the environment says.</summary>
    public string Name => $"{Url}:{Port}";

    /// <summary>
    /// Scheme, host and port. Null if they make no address, since a variable may hold anything, or if a definition may not use the
    /// variable.
    /// </summary>
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
            && uri is { Host.Length: > 0, UserInfo.Length: 0, PathAndQuery: "/", Fragment.Length: 0 }
            && uri.HostNameType is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
            && uri.Port == port
            && !address.EndsWith('/');
    }
}
