using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace RigKafka.Http;

/// <summary>Finds the address of a client behind proxies that are trusted to tell it.</summary>
internal static class ClientAddress
{
    public const string XForwardedFor = "x-forwarded-for";
    public const string Forwarded = "forwarded";

    /// <summary>Where <c>Forwarded</c> is put in the form that the framework reads.</summary>
    private const string Rewritten = "rig-forwarded-for";

    /// <summary>Reads an address or a network.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (!IPAddress.TryParse(text, out var address))
        {
            return IPNetwork.TryParse(text, out network);
        }

        address = address.Plain();
        network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return true;
    }

    private static bool Includes(List<IPNetwork> networks, IPAddress address)
    {
        var plain = address.Plain();
        return networks.Exists(network => network.Contains(plain));
    }

    /// <summary>From here on a request's address is the client's.</summary>
    public static void UseClientAddress(this IApplicationBuilder branch, ClientAddressOptions options)
    {
        if (options.TrustedProxies.Count == 0)
        {
            return;
        }

        List<IPNetwork> trusted = [.. options.TrustedProxies.SelectMany(proxy => TryParse(proxy, out var network) ? [network] : Array.Empty<IPNetwork>())];
        branch.Use(next => context =>
        {
            if (context.Connection.RemoteIpAddress is { } sender && Includes(trusted, sender))
            {
                TrustedProxy.MarkRequest(context);
            }

            return next(context);
        });
        var isRfc7239 = options.ForwardedHeader == Forwarded;
        if (isRfc7239)
        {
            branch.Use(next => context =>
            {
                context.Request.Headers[Rewritten] = ForwardedFor.Read(context.Request.Headers[Forwarded]);
                return next(context);
            });
        }

        var forwarded = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor,
            ForwardedForHeaderName = isRfc7239 ? Rewritten : XForwardedFor,
            // The first from the right that is not trusted, however many come after it.
            ForwardLimit = null,
        };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        trusted.ForEach(forwarded.KnownIPNetworks.Add);

        branch.UseForwardedHeaders(forwarded);
        if (isRfc7239)
        {
            branch.Use(next => context =>
            {
                context.Request.Headers.Remove(Rewritten);
                return next(context);
            });
        }
    }
}

/// <summary>The mark on a request that came from a proxy whose word is taken, whatever address it then gave.</summary>
internal sealed record TrustedProxy
{
    private static readonly TrustedProxy Mark = new();

    private TrustedProxy()
    {
    }

    public static bool Sent(HttpContext context) => context.Features.Get<TrustedProxy>() is not null;

    public static void MarkRequest(HttpContext context) => context.Features.Set(Mark);
}
