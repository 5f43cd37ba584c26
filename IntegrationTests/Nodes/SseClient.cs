using System.Net.Sockets;
using System.Threading.Channels;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>A client of Server-Sent Events that shares no code with the gateway. It reads all the time, in the background.</summary>
internal sealed class SseClient : IDisposable
{
    private readonly Channel<SseEvent> _events = Channel.CreateUnbounded<SseEvent>();
    private readonly Channel<SseEvent> _heartbeats = Channel.CreateUnbounded<SseEvent>();
    private readonly Channel<SseEvent> _positions = Channel.CreateUnbounded<SseEvent>();
    private readonly Channel<SseEvent> _presence = Channel.CreateUnbounded<SseEvent>();
    private readonly RawConnection _connection;

    private SseClient(RawConnection connection, RawResponse response)
    {
        (_connection, Response) = (connection, response);
        Ended = Task.Run(Pump);
    }

    public RawResponse Response { get; }

    /// <summary>Completes when the stream has ended.</summary>
    public Task<StreamEnd> Ended { get; }

    /// <summary>Asks for a stream, on a connection of its own unless one is given, and fails if there is none.</summary>
    public static async Task<SseClient> Open(Uri server, string query, string headers = "", string version = "1.1", RawConnection? on = null)
    {
        var connection = on ?? await RawConnection.Open(server);
        var response = await connection.Ask("GET", $"/socket/sse?{query}", headers, version);
        Assert.That(response.Status, Is.EqualTo(200));
        return new SseClient(connection, response);
    }

    /// <summary>Reads on where a request for a stream was answered with one.</summary>
    public static SseClient Of(RawConnection connection, RawResponse response) => new(connection, response);

    /// <summary>The next event that is neither a heartbeat nor a position nor about presence.</summary>
    public async Task<SseEvent> Next()
    {
        try
        {
            return await _events.Reader.ReadAsync().Soon();
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"No event came; the stream is {(Ended.IsCompleted ? "at its end" : "open")}.");
        }
    }

    /// <summary>The next event, which has to have this name.</summary>
    public async Task<SseEvent> Next(string name)
    {
        var next = await Next();
        Assert.That(next.Name, Is.EqualTo(name), next.ToString());
        return next;
    }

    public async Task<IReadOnlyList<SseEvent>> Next(int count)
    {
        var events = new List<SseEvent>(count);
        while (events.Count < count)
        {
            events.Add(await Next());
        }

        return events;
    }

    public Task<SseEvent> NextHeartbeat() => _heartbeats.Reader.ReadAsync().Soon();

    /// <summary>The next event that tells the position.</summary>
    public Task<SseEvent> NextPosition() => _positions.Reader.ReadAsync().Soon();

    /// <summary>The next event about presence.</summary>
    public Task<SseEvent> NextPresence() => _presence.Reader.ReadAsync().Soon();

    /// <summary>What is left until the end of the stream, heartbeats, positions and presence aside.</summary>
    public Task<List<SseEvent>> Rest() => _events.Reader.ReadAllAsync().ToListAsync().Soon();

    /// <summary>Whether something came that nobody asked for yet.</summary>
    public bool HasMore => _events.Reader.TryPeek(out _);

    /// <summary>Closes with an RST.</summary>
    public void Reset() => _connection.Reset();

    /// <summary>Closes with a FIN.</summary>
    public void Dispose() => _connection.Dispose();

    private async Task<StreamEnd> Pump()
    {
        var parser = new SseParser(found => Of(found).Writer.TryWrite(found));
        try
        {
            await foreach (var block in _connection.ReadBlocks(Response))
            {
                parser.Feed(block.Span);
            }

            return StreamEnd.Clean;
        }
        catch (Exception failure) when (failure is EndOfStreamException or SocketException or ObjectDisposedException)
        {
            return StreamEnd.Cut;
        }
        finally
        {
            _events.Writer.TryComplete();
            _heartbeats.Writer.TryComplete();
            _positions.Writer.TryComplete();
            _presence.Writer.TryComplete();
        }
    }

    private Channel<SseEvent> Of(SseEvent found) => found switch
    {
        { Name: "heartbeat" } => _heartbeats,
        { Name: "position" } => _positions,
        { IsPresence: true } => _presence,
        _ => _events,
    };
}
