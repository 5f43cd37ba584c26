using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using RigKafka.Apis;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>
/// Takes out what a client may send and a service may trust: headers that put another path, method or proxy in the place of what was checked, and
/// names that some services read as another one (<c>X_Forwarded_For</c>).
/// </summary>
internal sealed partial class DroppedHeaders(ProxyOptions options, GatewayMetrics metrics, ILogger<DroppedHeaders> logger)
{
    private const string OddName = "odd_name";
    private const int MostLogged = 100;
    private const int LongestLogged = 64;

    private static readonly SearchValues<char> Ordinary = SearchValues.Create("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>X-Content-Length is the server's own note of a length that it does not follow.</summary>
    private static readonly FrozenSet<string> Overriding = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "proxy", "x-rewrite-url", "x-http-method-override", "x-http-method", "x-method-override", "x-content-length");

    private readonly FrozenSet<string> _passed = options.PassRequestHeaders.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, bool> _logged = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What the metric says of a header.</summary>
    public static IEnumerable<string> Kinds => Overriding.Append(OddName);

    public void Remove(IHeaderDictionary received, HttpRequestMessage sent, ApiDefinition definition)
    {
        foreach (var (name, _) in received)
        {
            if (Kind(name) is { } kind && !IsPassed(name, definition))
            {
                sent.Headers.Remove(name);
                metrics.ProxyHeaderDropped(kind);
                Log(name);
            }
        }
    }

    private static string? Kind(string name)
        => name.AsSpan().ContainsAnyExcept(Ordinary) ? OddName : Overriding.TryGetValue(name, out var known) ? known : null;

    private bool IsPassed(string name, ApiDefinition definition)
        => _passed.Contains(name) || _passed.Contains(ProxyOptions.AnyHeader) || definition.PassedHeaders.Contains(name)
        || (definition.Auth is { UseHeader: true } auth && auth.HeaderName.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Once for a name. Clients make up as many as they like, so that it is not for all of them.</summary>
    private void Log(string name)
    {
        if (!_logged.ContainsKey(name) && _logged.Count < MostLogged && _logged.TryAdd(name, true))
        {
            LogDropped(name.Length <= LongestLogged ? name : name[..LongestLogged]);
        }
    }

    [LoggerMessage(1720, LogLevel.Warning, "The header {Header} of a client was not passed on, as a service might trust it. PROXY_PASS_REQUEST_HEADERS, or pass_request_headers of the API, lets it through. This is said once for a name.", EventName = "HeaderDropped")]
    private partial void LogDropped(string header);
}
