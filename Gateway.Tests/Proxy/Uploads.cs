using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace RigKafka.Tests.Proxy;

/// <summary>Calls to one service, of which a test sends the bytes by itself and reads the answer as they come.</summary>
internal static class Uploads
{
    public static async Task<TestApp> Start(
        int port,
        Dictionary<string,
        string?>? settings = null,
        string version = "1.1",
        MetricTotals? totals = null)
    {
        var app = await ProxyApp.Start(settings, add: builder =>
        {
            if (totals is not null)
            {
                builder.Services.AddSingleton(totals.Metrics);
            }
        });
        var definition = ProxyApp.Definition("a", port, [.. ProxyApp.Methods.Select(method => ProxyApp.Endpoint(method, "/x"))]);
        definition["proxy"]!["http_version"] = version;
        await app.Define(definition);
        return app;
    }

    public static async Task<int> Read(Socket socket, int count)
    {
        var buffer = new byte[1 << 16];
        var read = 0;
        for (int got; read < count
            && (got = await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(buffer.Length, count - read))).Soon()) > 0;)
        {
            read += got;
        }

        return read;
    }

    /// <summary>The whole answer. What is sent when it has come is sent in vain.</summary>
    public static async Task<string> Upload(this TestApp app, int length, bool isChunked)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, app.External.BaseAddress!.Port).Soon();
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{(isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {length}")}\r\n\r\n"));
        var sending = Send(stream, length, isChunked);
        var answer = await ReadAnswer(stream).Soon();
        client.Close();
        await sending.Soon();
        return answer;
    }

    public static async Task<string> Ask(this TestApp app, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, app.External.BaseAddress!.Port).Soon();
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        return await ReadAnswer(client.GetStream()).Soon();
    }

    private static async Task Send(NetworkStream stream, int length, bool isChunked)
    {
        var part = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789", 6_400)));
        try
        {
            for (var sent = 0; sent < length;)
            {
                var count = Math.Min(part.Length, length - sent);
                await stream.WriteAsync(isChunked ? Encoding.ASCII.GetBytes($"{count:x}\r\n") : []);
                await stream.WriteAsync(part.AsMemory(0, count));
                await stream.WriteAsync(isChunked ? "\r\n"u8.ToArray() : []);
                sent += count;
            }

            await stream.WriteAsync(isChunked ? "0\r\n\r\n"u8.ToArray() : []);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The answer has come.
        }
    }

    /// <summary>One answer of known length, or as much as comes of it.</summary>
    public static async Task<string> ReadAnswer(NetworkStream stream)
    {
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            for (int read; !IsWhole(answer.ToString()) && (read = await stream.ReadAsync(buffer)) > 0;)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // What has come is the answer.
        }

        return answer.ToString();
    }

    private static bool IsWhole(string answer)
        => answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end and >= 0
        && answer.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) is var at and >= 0
        && answer.Length - end - 4 >= int.Parse(answer[(at + 16)..].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);
}
