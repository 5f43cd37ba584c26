using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace RigKafka.Listeners;

/// <summary>A listening socket whose accepted sockets give up on a client that vanished without a word.</summary>
internal static class ListenSocket
{
    public const int ProtocolTcp = 6;
    public const int TcpUserTimeout = 18;

    /// <summary>Linux copies the option to every accepted socket, so that it costs no system call for each connection.</summary>
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
