using System.Threading.Channels;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Network;

/// <summary>A stream of events through a client library, and so over TLS and HTTP/2. It reads all the time, unless it is told not to.</summary>
internal sealed class HttpStream : IDisposable
{
    private readonly Channel<SseEvent> _events = Channel.CreateUnbounded<SseEvent>();
    private readonly Channel<SseEvent> _heartbeats = Channel.CreateUnbounded<SseEvent>();
    private readonly HttpResponseMessage _response;

    private HttpStream(HttpResponseMessage response, bool reads)
    {
        _response = response;
        Ended = reads ? Task.Run(Pump) : Task.CompletedTask;
    }

    public HttpResponseMessage Response => _response;

    public Task Ended { get; }

    /// <summary>Opens a user's stream of their own messages, and reads the reply to the join.</summary>
    public static async Task<HttpStream> Listen(HttpClient client, string user)
    {
        var stream = await Open(client, user);
        await stream.Next("phx_reply");
        return stream;
    }

    public static async Task<HttpStream> Open(HttpClient client, string user, bool reads = true)
    {
        var response = await client.GetAsync($"/socket/sse?users[]={user}&token={Token.Of(user)}", HttpCompletionOption.ResponseHeadersRead).Soon();
        Assert.That((int)response.StatusCode, Is.EqualTo(200));
        return new HttpStream(response, reads);
    }

    /// <summary>The next event that is neither a heartbeat nor a position nor about presence, which has to have this name.</summary>
    public async Task<SseEvent> Next(string name)
    {
        var next = await _events.Reader.ReadAsync().Soon();
        Assert.That(next.Name, Is.EqualTo(name), next.ToString());
        return next;
    }

    public Task<SseEvent> NextHeartbeat() => _heartbeats.Reader.ReadAsync().Soon();

    /// <summary>Ends the request: a reset of the stream on HTTP/2, the end of the connection on HTTP/1.1.</summary>
    public void Dispose() => _response.Dispose();

    private async Task Pump()
    {
        var parser = new SseParser(found =>
        {
            if (found is { IsPresence: false, Name: not "position" })
            {
                (found.Name == "heartbeat" ? _heartbeats : _events).Writer.TryWrite(found);
            }
        });
        var buffer = new byte[16 * 1024];
        try
        {
            await using var body = await _response.Content.ReadAsStreamAsync();
            while (await body.ReadAsync(buffer) is var read and > 0)
            {
                parser.Feed(buffer.AsSpan(0, read));
            }
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException or ObjectDisposedException or OperationCanceledException)
        {
            // How it ended is not asked for.
        }
        finally
        {
            _events.Writer.TryComplete();
            _heartbeats.Writer.TryComplete();
        }
    }
}
