using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RigKafka.Tests.Proxy;

/// <summary>Calls whose bytes a test writes by itself.</summary>
internal static class RawCall
{
    /// <summary>
    /// Sends bytes (Latin-1) and gives all that comes back until the gateway closes the connection, which the request has to ask for.
    /// </summary>
    public static async Task<string> Raw(this TestApp app, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, app.External.BaseAddress!.Port).Soon();
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request)).Soon();
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync().Soon();
    }

    /// <summary>A GET without a body, for a target as it is written.</summary>
    public static Task<string> RawGet(this TestApp app, string target, string headers = "")
        => app.Raw($"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n");
}
