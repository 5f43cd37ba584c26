using System.Net;
using System.Net.Sockets;

namespace RigKafka.Http;

/// <summary>Ways to look at an IP address.</summary>
internal static class IpAddresses
{
    /// <summary>The part of an IPv6 address that one customer of a provider has in common (RFC 6177), in bytes.</summary>
    private const int NetworkBytes = 8;

    /// <summary>The address itself; one of IPv4 where it came in on an IPv6 socket (RFC 4291, section 2.5.5.2).</summary>
    public static IPAddress Plain(this IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>What counts as one address where clients are counted: an IPv4 address, or an IPv6 network.</summary>
    public static IPAddress ClientNetwork(this IPAddress address)
    {
        var plain = address.Plain();
        if (plain.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return plain;
        }

        var bytes = plain.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new IPAddress(bytes);
    }

    /// <summary>
    /// For other machines, to which the scope of a link-local address means nothing; <c>unknown</c> where there is no address.
    /// </summary>
    public static string ToText(this IPAddress? address)
    {
        var plain = address?.Plain();
        return (plain is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 }
            ? new IPAddress(plain.GetAddressBytes())
            : plain)?.ToString() ?? "unknown";
    }
}
