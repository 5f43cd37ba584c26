using System.Net;
using System.Net.NetworkInformation;

namespace RigKafka.Http;

/// <summary>The addresses by which this machine reaches itself.</summary>
internal static class OwnMachine
{
    private const string Localhost = "localhost";

    /// <summary>Whether a host as it stands in a URL is one of them for certain; any other name is for DNS to say.</summary>
    public static bool IsLiteral(string host) =>
        host.Equals(Localhost, StringComparison.OrdinalIgnoreCase)
        || host.EndsWith("." + Localhost, StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && Has(address));

    public static bool Has(IPAddress address)
    {
        var plain = address.Plain();
        return IPAddress.IsLoopback(plain) || plain.Equals(IPAddress.Any) || plain.Equals(IPAddress.IPv6Any) || IsOfAnInterface(plain);
    }

    private static bool IsOfAnInterface(IPAddress address)
    {
        // The scope of a link-local address is one machine's own number.
        var bytes = address.GetAddressBytes();
        return NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(device => device.GetIPProperties().UnicastAddresses)
            .Any(own => own.Address.GetAddressBytes().AsSpan().SequenceEqual(bytes));
    }
}
