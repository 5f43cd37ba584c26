using System.Net.Sockets;

namespace RigKafka.Listeners;

/// <summary>
/// Looks before the start whether another process has a port already: the likeliest mistake of all, and the server's own words for it
/// fill a page.
/// </summary>
internal static class TakenPorts
{
    /// <summary>One line for each port that cannot be had.</summary>
    public static IReadOnlyList<string> Find(IServiceProvider services)
    {
        var options = services.GetRequiredService<ListenerOptions>();
        (string Name, int Port)[] ports = [("INBOUND_PORT", options.InboundPort), ("API_PORT", options.ApiPort)];
        return
        [
            .. from port in ports
               where port.Port != 0 && IsTaken(options, port.Port)
               select $"{port.Name}={port.Port}: expected a free port; another process listens there.",
        ];
    }

    private static bool IsTaken(ListenerOptions options, int port)
    {
        try
        {
            using var socket = ListenEndPoint.Bind(ListenEndPoint.Of(options.Address, port, isApi: false, isTls: false), userTimeoutMs: 0);
            socket.Listen();
            return false;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.AddressAlreadyInUse;
        }
    }
}
