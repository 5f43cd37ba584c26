using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace RigKafka.IntegrationTests.Network;

/// <summary>As much of an HTTP/2 client (RFC 9113) as it takes to ask for something and then to be silent.</summary>
internal sealed class RawHttp2 : IDisposable
{
    private const byte HeadersFrame = 1;
    private const byte ResetFrame = 3;
    private const byte SettingsFrame = 4;
    private const byte WindowUpdateFrame = 8;
    private const byte ContinuationFrame = 9;
    private const byte EndOfStreamAndHeaders = 0x5;

    private readonly TcpClient _tcp = new();
    private SslStream _tls = null!;

    /// <param name="certificates">Whom it trusts.</param>
    /// <param name="server">Whom to connect to.</param>
    /// <param name="windows">Whether the server may send as much as TCP lets it, not 64 KB at most.</param>
    public static async Task<RawHttp2> Open(TestCertificates certificates, Uri server, bool windows = false)
    {
        var client = new RawHttp2();
        if (windows)
        {
            // Then it is TCP that stops the server, and soon.
            client._tcp.ReceiveBufferSize = 8192;
        }

        await client._tcp.ConnectAsync(IPAddress.Loopback, server.Port).Soon();
        client._tls = new SslStream(client._tcp.GetStream());
        var options = certificates.Client();
        options.ApplicationProtocols = [SslApplicationProtocol.Http2];
        await client._tls.AuthenticateAsClientAsync(options).Soon();
        await client.Send([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8]);
        await client.SendFrame(SettingsFrame, 0, 0, windows ? [0, 4, 0x7f, 0xff, 0xff, 0xff] : []);
        if (windows)
        {
            await client.SendFrame(WindowUpdateFrame, 0, 0, [0x7f, 0, 0, 0]);
        }

        return client;
    }

    public Task Send(byte[] bytes) => _tls.WriteAsync(bytes).AsTask().Soon();

    /// <summary>GET, in HPACK without compression (RFC 7541): two fields of the static table, two names of it with a literal value.</summary>
    public Task Get(string path, int stream = 1) => SendFrame(HeadersFrame, EndOfStreamAndHeaders, stream, [0x82, 0x87, 0x01, .. Text("localhost"), 0x04, .. Text(path)]);

    /// <summary>Asks for something and takes it back at once, again and again (CVE-2023-44487).</summary>
    public async Task ResetRapidly(string path, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await Get(path, (2 * i) + 1);
            await SendFrame(ResetFrame, 0, (2 * i) + 1, [0, 0, 0, 8]);
        }
    }

    /// <summary>Headers that go on and on: 1 KB more each time, and never the end of them.</summary>
    public async Task ContinueHeaders(int times)
    {
        await SendFrame(HeadersFrame, 0, 1, [0x82, 0x87, 0x01, .. Text("localhost"), 0x04, .. Text("/health")]);
        for (var i = 0; i < times; i++)
        {
            await SendFrame(ContinuationFrame, 0, 1, [0x00, .. Text($"x-more-{i}"), .. Text(new string('a', 1000))]);
        }
    }

    /// <summary>Reads, and answers nothing, until the server ends the connection.</summary>
    public async Task ReadToEnd()
    {
        var buffer = new byte[4096];
        try
        {
            while (await _tls.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Ended as well.
        }
    }

    public void Dispose()
    {
        _tls.Dispose();
        _tcp.Dispose();
    }

    private Task SendFrame(byte type, byte flags, int stream, byte[] payload)
    {
        var head = new byte[9];
        BinaryPrimitives.WriteInt32BigEndian(head, payload.Length << 8);
        (head[3], head[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(5), stream);
        return Send([.. head, .. payload]);
    }

    private static byte[] Text(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        var length = new List<byte>();
        if (bytes.Length < 127)
        {
            length.Add((byte)bytes.Length);
        }
        else
        {
            length.Add(127);
            var rest = bytes.Length - 127;
            for (; rest >= 128; rest >>= 7)
            {
                length.Add((byte)((rest & 127) | 128));
            }

            length.Add((byte)rest);
        }

        return [.. length, .. bytes];
    }
}
