using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace RigKafka.Tests.Http;

/// <summary>One request over HTTP/2 with header fields that no client library would send.</summary>
internal static class RawHttp2Request
{
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte Settings = 4;
    private const byte GoAway = 7;
    private const byte EndStreamAndHeaders = 5;

    private static readonly Dictionary<byte, string> Statuses = new()
    {
        [0x88] = "200",
        [0x89] = "204",
        [0x8b] = "304",
        [0x8c] = "400",
        [0x8d] = "404",
        [0x8e] = "500",
    };

    /// <summary>Gives the status, where it is one of the common ones, else <c>other</c>; or <c>reset</c> or <c>goaway</c>.</summary>
    public static async Task<string> Get(Uri server, SslClientAuthenticationOptions tls, string path, params (string Name, string Value)[] fields)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Port).Soon();
        await using var stream = new SslStream(client.GetStream());
        tls.ApplicationProtocols = [SslApplicationProtocol.Http2];
        await stream.AuthenticateAsClientAsync(tls).Soon();
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await stream.WriteAsync(Frame(Settings, 0, 0, []));
        using var block = new MemoryStream();
        foreach (var (name, value) in new[] { (":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", path) }.Concat(fields))
        {
            block.WriteByte(0);
            Write(block, name);
            Write(block, value);
        }

        await stream.WriteAsync(Frame(Headers, EndStreamAndHeaders, 1, block.ToArray()));
        while (true)
        {
            var head = new byte[9];
            await stream.ReadExactlyAsync(head).Soon();
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await stream.ReadExactlyAsync(payload).Soon();
            switch (head[3])
            {
                case Headers:
                    // The size of the table may come before the first field.
                    return Statuses.GetValueOrDefault(payload.First(field => (field & 0xE0) != 0x20), "other");
                case Reset:
                    return "reset";
                case GoAway:
                    return "goaway";
            }
        }
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    private static void Write(MemoryStream block, string text)
    {
        block.WriteByte((byte)text.Length);
        block.Write(Encoding.Latin1.GetBytes(text));
    }
}
