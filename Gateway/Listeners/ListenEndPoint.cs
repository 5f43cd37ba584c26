using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace RigKafka.Listeners;

/// <summary>
/// Where the gateway listens, and for whom. The port would not tell: it is unknown beforehand where any free one is taken.
/// </summary>
internal sealed class ListenEndPoint(IPAddress address, int port, bool isApi, bool isTls) : IPEndPoint(address, port)
{
    public const int ProtocolTcp = 6;
    public const int TcpUserTimeout = 18;

    public bool IsApi => isApi;

    public bool IsTls => isTls;

    /// <param name="address">An IP address, or every one of this machine when empty.</param>
    /// <param name="port">The port; 0 takes any free one.</param>
    /// <param name="isApi">Whether it is for back-ends and operators.</param>
    /// <param name="isTls">Whether they speak TLS there.</param>
    public static ListenEndPoint Of(string address, int port, bool isApi, bool isTls)
    {
        // The server has a socket for IPv6Any take IPv4 too.
        var every = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        return new ListenEndPoint(IPAddress.TryParse(address, out var one) ? one : every, port, isApi, isTls);
    }

    /// <summary>
    /// A listening socket whose accepted sockets give up on a client that vanished without a word. Linux copies the option to every
    /// accepted socket, so that it costs no system call for each connection.
    /// </summary>
    public static Socket Bind(EndPoint endpoint, int userTimeoutMs)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (OperatingSystem.IsLinux() && userTimeoutMs > 0)
        {
            socket.SetRawSocketOption(ProtocolTcp, TcpUserTimeout, BitConverter.GetBytes(userTimeoutMs));
        }

        return socket;
    }
}
