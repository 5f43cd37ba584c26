using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.WebSockets;

/// <summary>A WebSocket client that frames by hand (RFC 6455), so that it can do what it should not, and sees every byte.</summary>
internal sealed class RawWebSocket : IDisposable
{
    public const byte Final = 0x80;
    public const byte Continuation = 0;
    public const byte Text = 1;
    public const byte Binary = 2;
    public const byte Close = 8;
    public const byte Ping = 9;
    public const byte Pong = 10;

    private readonly RawConnection _connection;

    private RawWebSocket(RawConnection connection, RawResponse response) => (_connection, Response) = (connection, response);

    public RawResponse Response { get; }

    /// <summary>Asks for a WebSocket, whatever the answer.</summary>
    public static async Task<RawWebSocket> Ask(Uri server, string query, string headers = "", int receiveBuffer = 0)
    {
        const string Handshake = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        var connection = await RawConnection.Open(server, receiveBuffer);
        return new RawWebSocket(connection, await connection.Ask("GET", $"/socket/websocket?{query}", Handshake + headers));
    }

    public static Task<RawWebSocket> Open(Uri server, string user, string vsn = "2.0.0", int receiveBuffer = 0, params string[] roles) => OpenWith(server, Token.Of(user, roles), vsn, receiveBuffer);

    /// <summary>Opens one with version 2 and joins the user's own topic.</summary>
    public static async Task<RawWebSocket> Listen(Uri server, string user, int receiveBuffer = 0, string? token = null)
    {
        var socket = await OpenWith(server, token ?? Token.Of(user), "2.0.0", receiveBuffer);
        await socket.Say($$"""["1","1","user:{{user}}","phx_join",{}]""");
        Assert.That(await socket.Hear(), Does.Contain("\"status\":\"ok\""));
        return socket;
    }

    public Task Say(string text) => Send(Final | Text, Encoding.UTF8.GetBytes(text));

    /// <summary>Sends one frame, masked as a client must unless told otherwise.</summary>
    public Task Send(int first, ReadOnlySpan<byte> payload, bool masked = true) => _connection.Send(Frame(first, payload, masked));

    public Task SendRaw(ReadOnlyMemory<byte> bytes) => _connection.Send(bytes);

    public static byte[] Frame(int first, ReadOnlySpan<byte> payload, bool masked = true)
    {
        ReadOnlySpan<byte> mask = masked ? [0x12, 0x34, 0x56, 0x78] : [];
        var bit = masked ? 0x80 : 0;
        var frame = new List<byte> { (byte)first };
        if (payload.Length < 126)
        {
            frame.Add((byte)(bit | payload.Length));
        }
        else
        {
            var length = new byte[payload.Length <= ushort.MaxValue ? 2 : 8];
            if (length.Length == 2)
            {
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)payload.Length);
            }
            else
            {
                BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
            }

            frame.Add((byte)(bit | (length.Length == 2 ? 126 : 127)));
            frame.AddRange(length);
        }

        frame.AddRange(mask);
        for (var i = 0; i < payload.Length; i++)
        {
            frame.Add((byte)(payload[i] ^ (masked ? mask[i % 4] : 0)));
        }

        return [.. frame];
    }

    /// <summary>The next frame: its first byte and its payload; null at the end of the connection.</summary>
    public async Task<(byte First, byte[] Payload)?> Next()
    {
        try
        {
            if (await _connection.ReadBytes(2).Soon() is not { } head)
            {
                return null;
            }

            Assert.That(head[1] & 0x80, Is.Zero, "a server does not mask");
            long length = head[1];
            if (length >= 126)
            {
                var bytes = (await _connection.ReadBytes(length == 126 ? 2 : 8).Soon())!;
                length = bytes.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadInt64BigEndian(bytes);
            }

            return await _connection.ReadBytes((int)length).Soon() is { } payload ? (head[0], payload) : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>The next frame that is neither a ping nor about presence; it has to be a whole text.</summary>
    public Task<string> Hear() => Hear(isPresence: false);

    /// <summary>The next frame about presence.</summary>
    public Task<string> HearPresence() => Hear(isPresence: true);

    /// <summary>The code of the close frame that comes next, after which the connection ends; events before it, presence aside, go to <paramref name="events"/>.</summary>
    public async Task<int> Closed(List<string>? events = null) => (await ClosedFor(events)).Code;

    /// <summary>The code and the reason of that frame.</summary>
    public Task<(int Code, string Reason)> ClosedFor(List<string>? events = null) => ReadToClose(events).Soon();

    public void Dispose() => _connection.Dispose();

    private static async Task<RawWebSocket> OpenWith(Uri server, string token, string vsn, int receiveBuffer)
    {
        var socket = await Ask(server, $"token={token}&vsn={vsn}", receiveBuffer: receiveBuffer);
        Assert.That(socket.Response.Status, Is.EqualTo(101));
        return socket;
    }

    private async Task<(int Code, string Reason)> ReadToClose(List<string>? events)
    {
        while (true)
        {
            var frame = await Next();
            Assert.That(frame, Is.Not.Null, "the connection ended without a close frame");
            if (frame!.Value.First == (Final | Close))
            {
                _connection.HalfClose();
                Assert.That(await Next(), Is.Null, "the close frame is the last one");
                return (BinaryPrimitives.ReadUInt16BigEndian(frame.Value.Payload), Encoding.UTF8.GetString(frame.Value.Payload.AsSpan(2)));
            }

            if (frame.Value.First == (Final | Text))
            {
                var text = Encoding.UTF8.GetString(frame.Value.Payload);
                if (!IsPresence(text))
                {
                    events?.Add(text);
                }
            }
        }
    }

    private async Task<string> Hear(bool isPresence)
    {
        while (true)
        {
            var frame = await Next();
            if (frame?.First == (Final | Ping))
            {
                continue;
            }

            Assert.That(frame?.First, Is.EqualTo(Final | Text));
            var text = Encoding.UTF8.GetString(frame!.Value.Payload);
            if (IsPresence(text) == isPresence)
            {
                return text;
            }
        }
    }

    private static bool IsPresence(string text) => text.Contains("\"presence_state\"", StringComparison.Ordinal) || text.Contains("\"presence_diff\"", StringComparison.Ordinal);
}
