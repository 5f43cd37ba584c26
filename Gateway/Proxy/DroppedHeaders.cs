using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using RigKafka.Apis;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>
/// Removes headers of clients that a service may trust: those that replace the path, method or proxy that was checked, and names that some
/// services read as another one (<c>X_Forwarded_For</c>).
/// </summary>
internal sealed partial class DroppedHeaders(ProxyOptions options, GatewayMetrics metrics, ILogger<DroppedHeaders> logger)
{
    private const string OddName = "odd_name";
    private const int MostLogged = 100;
    private const int LongestLogged = 64;

    private static readonly SearchValues<char> Ordinary
        = SearchValues.Create("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The web server itself adds X-Content-Length when it ignores a length.</summary>
    private static readonly FrozenSet<string> Overriding = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "proxy", "x-rewrite-url", "x-http-method-override", "x-http-method", "x-method-override", "x-content-length");

    private readonly FrozenSet<string> _passed = options.PassRequestHeaders.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, bool> _logged = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The kinds of dropped headers, as the metric has them.</summary>
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

    /// <summary>Logs a name once, and not every name: clients can make up any number.</summary>
    private void Log(string name)
    {
        if (!_logged.ContainsKey(name) && _logged.Count < MostLogged && _logged.TryAdd(name, true))
        {
            LogDropped(name.Length <= LongestLogged ? name : name[..LongestLogged]);
        }
    }

    [LoggerMessage(1720, LogLevel.Warning,
        "The header {Header} of a client was not passed on, as a service might trust it. PROXY_PASS_REQUEST_HEADERS, "
        + "or pass_request_headers of the API, lets it through. This is logged once for each name.",
        EventName = "HeaderDropped")]
    private partial void LogDropped(string header);
}
