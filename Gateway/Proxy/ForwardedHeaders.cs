using Microsoft.Extensions.Primitives;
using RigKafka.Http;

namespace RigKafka.Proxy;

/// <summary>Tells a service the address of the client (RFC 7239, and the older X-Forwarded-*).</summary>
internal static class ForwardedHeaders
{
    /// <summary>A header that every forwarded request has.</summary>
    public const string Forwarded = "Forwarded";

    private const string For = "X-Forwarded-For";
    private const string Host = "X-Forwarded-Host";
    private const string RealIp = "X-Real-IP";
    private const string Proto = "X-Forwarded-Proto";

    /// <summary>The framework adds it, with the address of a trusted proxy.</summary>
    private const string OriginalFor = "X-Original-For";

    /// <summary>The headers that proxies add, and that a service may believe.</summary>
    private static readonly string[] OfProxies = ["X-Forwarded-", "X-Original-"];

    /// <param name="context">The request of the client.</param>
    /// <param name="request">The request to the service, to which the client's headers have been copied.</param>
    /// <param name="isFirst">Whether the gateway is the first proxy: then these headers of the client are not to be believed.</param>
    public static void Write(HttpContext context, HttpRequestMessage request, bool isFirst)
    {
        var address = context.Connection.RemoteIpAddress.ToText();
        var (host, scheme) = (context.Request.Host.Value ?? "", context.Request.Scheme);
        var node = address.Contains(':') ? $"\"[{address}]\"" : address;
        var element = host.Length > 0 ? $"for={node};host=\"{host}\";proto={scheme}" : $"for={node};proto={scheme}";
        var given = context.Request.Headers;
        request.Headers.Remove(OriginalFor);
        if (isFirst)
        {
            RemoveWhatProxiesSay(given, request);
        }

        Set(request, For, Said(For, isFirst) is { } addresses ? $"{addresses}, {address}" : address);
        Set(request, Forwarded, Said(Forwarded, isFirst) is { } elements ? $"{elements}, {element}" : element);
        Set(request, RealIp, Said(RealIp, isFirst && !TrustedProxy.Sent(context)) ?? address);
        Set(request, Proto, Said(Proto, isFirst) ?? scheme);
        Set(request, Host, Said(Host, isFirst) ?? host);

        string? Said(string name, bool isIgnored) =>
            isIgnored || StringValues.IsNullOrEmpty(given[name]) ? null : given[name].ToString();
    }

    private static void RemoveWhatProxiesSay(IHeaderDictionary given, HttpRequestMessage request)
    {
        foreach (var (name, _) in given)
        {
            if (OfProxies.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
            {
                request.Headers.Remove(name);
            }
        }
    }

    private static void Set(HttpRequestMessage request, string name, string value)
    {
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, value);
    }
}
