using Microsoft.AspNetCore.Connections;
using RigKafka.Telemetry;

namespace RigKafka.Listeners;

/// <summary>
/// The TCP connections that clients, or back-ends and operators, have with this node, and how many they may have. When there are as many,
/// one that is of no use gives way to a new one, which may have something to say: one that never sent a whole request, then an idle one,
/// then one that waits for the body of a later request.
/// </summary>
internal sealed partial class AcceptedConnections
{
    /// <summary>
    /// How many that gave way may still be on their way out, their sockets closed; beyond that it is the new one that is reset.
    /// </summary>
    private const int MostLeaving = 1024;

    private readonly Lock _lock = new();

    // Each in the order in which they came to be so.
    private readonly LinkedList<AcceptedConnection> _unfinished = new();
    private readonly LinkedList<AcceptedConnection> _idle = new();
    private readonly LinkedList<AcceptedConnection> _sending = new();

    private readonly int _most;
    private readonly GatewayMetrics _metrics;
    private readonly BoundedLog _resets;
    private readonly ILogger<AcceptedConnections> _logger;
    private int _open;
    private int _leaving;

    public AcceptedConnections(
        bool isApi, FileShares shares, GatewayMetrics metrics, TimeProvider time, ILogger<AcceptedConnections> logger)
    {
        (IsApi, _most, _metrics, _resets, _logger) = (isApi, isApi ? shares.Api : shares.Clients, metrics, new BoundedLog(time), logger);
        metrics.ObserveTcpConnections(Peer, () => Volatile.Read(ref _open), _most);
    }

    public bool IsApi { get; }

    private string Peer => IsApi ? Peers.Api : Peers.Clients;

    /// <summary>Takes a connection in; null where there is no room for it, and it was reset.</summary>
    public AcceptedConnection? Take(ConnectionContext connection)
    {
        if (connection.Features.Get<AcceptedConnections>() is not null)
        {
            return TakeBack(connection);
        }

        AcceptedConnection? taken, leaving;
        string? reason;
        lock (_lock)
        {
            (leaving, reason) = MakeRoom();
            taken = reason == Resets.Surplus ? null : new AcceptedConnection(connection, this);
            if (taken is not null)
            {
                _open++;
                _unfinished.AddLast(taken.Place);
            }
        }

        if (reason is not null)
        {
            Reset(leaving ?? connection, reason);
        }

        return taken;
    }

    /// <summary>A request came in on it.</summary>
    public void Use(AcceptedConnection connection)
    {
        lock (_lock)
        {
            Occupy(connection);
        }
    }

    /// <summary>A request on it was answered.</summary>
    public void Release(AcceptedConnection connection)
    {
        lock (_lock)
        {
            connection.HasAnswered = true;
            Vacate(connection);
        }
    }

    /// <summary>A request on it waits for its body.</summary>
    public void AwaitBody(AcceptedConnection connection)
    {
        lock (_lock)
        {
            connection.Bodies++;
            Vacate(connection);
        }
    }

    /// <summary>A request on it waits for its body no more.</summary>
    public void TakeBody(AcceptedConnection connection)
    {
        lock (_lock)
        {
            connection.Bodies--;
            Occupy(connection);
        }
    }

    /// <summary>Another one than the server has its socket from here on: it counts, and does not give way.</summary>
    public void HandOver(AcceptedConnection connection)
    {
        lock (_lock)
        {
            _leaving -= connection.IsLeaving ? 1 : 0;
            connection.IsLeaving = false;
            connection.IsHandedOver = true;
        }
    }

    /// <summary>One that was handed over has been closed.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _open--;
        }
    }

    public void Remove(AcceptedConnection connection)
    {
        lock (_lock)
        {
            if (connection.IsHandedOver)
            {
                return;
            }

            _leaving -= connection.IsLeaving ? 1 : 0;
            connection.IsLeaving = true;
            connection.Place.List?.Remove(connection.Place);
            _open--;
        }
    }

    private static void Occupy(AcceptedConnection connection)
    {
        if (connection.Requests++ == 0)
        {
            connection.Place.List?.Remove(connection.Place);
        }
    }

    private void Vacate(AcceptedConnection connection)
    {
        if (--connection.Requests == 0 && !connection.IsLeaving && !connection.IsHandedOver)
        {
            (connection.Bodies == 0 ? _idle : connection.HasAnswered ? _sending : _unfinished).AddLast(connection.Place);
        }
    }

    /// <summary>One that was handed over, and that the server has again: it has never ceased to count.</summary>
    private AcceptedConnection TakeBack(ConnectionContext connection)
    {
        lock (_lock)
        {
            var taken = new AcceptedConnection(connection, this) { HasAnswered = true };
            _idle.AddLast(taken.Place);
            return taken;
        }
    }

    /// <summary>Who has to go and why; nobody and null where there is room.</summary>
    private (AcceptedConnection? Leaving, string? Reason) MakeRoom()
    {
        // Those on their way out have their sockets closed already.
        if (_open - _leaving < _most)
        {
            return (null, null);
        }

        var place = _leaving < MostLeaving ? _unfinished.First ?? _idle.First ?? _sending.First : null;
        if (place is null)
        {
            return (null, Resets.Surplus);
        }

        var reason = place.List == _idle ? Resets.Idle : Resets.Unfinished;
        place.Value.IsLeaving = true;
        _leaving++;
        place.List!.Remove(place);
        return (place.Value, reason);
    }

    /// <summary>Not closed in due form, which would leave the socket to the system for a minute.</summary>
    private void Reset(ConnectionContext connection, string reason)
    {
        _metrics.TcpConnectionReset(Peer, reason);
        if (_resets.Admits(out var unlogged))
        {
            LogReset(_most, IsApi ? OpenFileOptions.ApiSetting : OpenFileOptions.ClientsSetting, reason, unlogged);
        }

        connection.Abort(new ConnectionAbortedException("As many TCP connections are open as may be."));
        if (reason == Resets.Surplus)
        {
            // The server has not heard of it, so it is ours to dispose of. Nothing can be done about a failure.
            _ = connection.DisposeAsync().AsTask().ContinueWith(static disposed => disposed.Exception, TaskScheduler.Default);
        }
    }

    [LoggerMessage(1480, LogLevel.Warning,
        "All {Most} TCP connections of {Setting} are taken: one was reset ({Reason}). {Unlogged} more were since the last such line.",
        EventName = "TcpConnectionReset")]
    private partial void LogReset(int most, string setting, string reason, long unlogged);

    /// <summary>The words that the metrics of TCP connections have for who is at the other end.</summary>
    internal static class Peers
    {
        public const string Clients = "clients";

        /// <summary>Back-ends and operators.</summary>
        public const string Api = "api";

        /// <summary>Those behind the proxy, where it is this node that connects.</summary>
        public const string Services = "services";
    }

    /// <summary>The words for why a TCP connection was reset.</summary>
    internal static class Resets
    {
        /// <summary>It had not sent a whole request yet, and gave way.</summary>
        public const string Unfinished = "unfinished";

        /// <summary>It was between two requests, and gave way.</summary>
        public const string Idle = "idle";

        /// <summary>It was new, and nobody else could give way.</summary>
        public const string Surplus = "surplus";

        public static IEnumerable<string> All => [Unfinished, Idle, Surplus];
    }
}
