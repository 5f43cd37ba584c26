using System.Net;
using System.Net.Sockets;

namespace RigKafka.Connections;

/// <summary>What counts as one address where clients are counted: IPv4 however it is written, and an IPv6 network.</summary>
internal static class ClientNetwork
{
    /// <summary>The part of an IPv6 address that one customer of a provider has in common (RFC 6177), in bytes.</summary>
    private const int NetworkBytes = 8;

    public static IPAddress Of(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new IPAddress(bytes);
    }
}
