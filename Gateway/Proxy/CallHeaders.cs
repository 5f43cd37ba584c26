using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using RigKafka.Apis;
using RigKafka.Http;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>
/// The headers of a request to a service: the client's, changed as little as RFC 9110 (section 7.6.1) and the definition ask for.
/// </summary>
internal sealed class CallHeaders(ProxyOptions options, DroppedHeaders dropped)
{
    /// <summary>What a client cannot remove by naming it in <c>Connection</c>, since the message would change its meaning.</summary>
    private static readonly HashSet<string> Needed = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Host, HeaderNames.Authorization, HeaderNames.ContentLength, HeaderNames.ContentType, HeaderNames.ContentEncoding,
        HeaderNames.Connection, HeaderNames.Upgrade, ForwardedHeaders.Forwarded, HeaderNames.Via,
    };

    /// <summary>This node's mark on the calls that it forwards (RFC 9110, section 7.6.3).</summary>
    private readonly string _pseudonym = "rig-" + RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>
    /// Whether this node has forwarded the call before: a definition may lead to the gateway itself, also over other nodes, and each round
    /// would take two connections.
    /// </summary>
    public bool IsLoop(HttpRequest request)
    {
        foreach (var line in request.Headers.Via)
        {
            if (line?.Contains(_pseudonym, StringComparison.OrdinalIgnoreCase) is true)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Changes the headers of the client, which the library has copied to the request to the service.</summary>
    public void Write(HttpContext context, HttpRequestMessage request, ApiRoute route)
    {
        var given = context.Request.Headers;
        RemoveNamed(given.Connection, name => request.Headers.Remove(name));
        if (given.UpgradeInsecureRequests is { Count: > 0 } upgrade)
        {
            // The library leaves it out, although it is for the service that makes the page.
            request.Headers.TryAddWithoutValidation(HeaderNames.UpgradeInsecureRequests, (IEnumerable<string?>)upgrade);
        }

        if (!options.KeepsHost || string.IsNullOrWhiteSpace(given.Host))
        {
            // The framework would write the service's own beside an empty one.
            request.Headers.Remove(HeaderNames.Host);
        }

        dropped.Remove(given, request, route.Definition);
        if (CallSpan.Of(context) is { } span)
        {
            request.Headers.Remove(RequestSpan.State);
            foreach (var (name, value) in span.Told)
            {
                Set(request, name, value);
            }
        }

        ForwardedHeaders.Write(context, request, options.SetsForwarded);
        foreach (var (name, value) in route.Endpoint.AddHeaders)
        {
            Set(request, name, HeaderText.Write(value));
        }

        AddVia(context.Request, request);
    }

    /// <summary>Removes the headers that <c>Connection</c> names: they hold for one connection only.</summary>
    public static void RemoveNamed(StringValues connection, Action<string> remove)
    {
        if (connection.Count == 0 || (connection is [{ } only] && IsOneOf(only, "keep-alive", "close")))
        {
            return;
        }

        const StringSplitOptions Options = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (var name in connection.SelectMany(value => (value ?? "").Split(',', Options)))
        {
            if (StrictRequest.IsName(name) && !IsNeeded(name))
            {
                remove(name);
            }
        }
    }

    /// <summary>Adds this node's mark to those of the proxies in front, which must stay.</summary>
    private void AddVia(HttpRequest received, HttpRequestMessage sent)
    {
        var version = received.Protocol[(received.Protocol.IndexOf('/') + 1)..];
        IEnumerable<string?> added = sent.Headers.NonValidated.TryGetValues(HeaderNames.Via, out var values) ? values : [];
        var others = received.Headers.Via.Concat(added).Where(line => !string.IsNullOrEmpty(line)).Distinct();
        var marks = string.Join(", ", others.Append($"{version} {_pseudonym}"));
        sent.Headers.Remove(HeaderNames.Via);
        sent.Headers.TryAddWithoutValidation(HeaderNames.Via, marks);
    }

    private static bool IsNeeded(string name)
        => Needed.Contains(name) || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);

    private static bool IsOneOf(string text, string one, string other)
        => text.Equals(one, StringComparison.OrdinalIgnoreCase) || text.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static void Set(HttpRequestMessage request, string name, string value)
    {
        if (name.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase))
        {
            request.Headers.Remove(HeaderNames.Host);
            request.Headers.TryAddWithoutValidation(HeaderNames.Host, value);
            return;
        }

        if (request.Headers.NonValidated.Contains(name))
        {
            request.Headers.Remove(name);
        }

        if (!request.Headers.TryAddWithoutValidation(name, value) && request.Content is { } content)
        {
            content.Headers.Remove(name);
            content.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
