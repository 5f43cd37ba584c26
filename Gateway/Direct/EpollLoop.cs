using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RigKafka.Direct;

/// <summary>Where a socket is in a loop: its events go to one target at a time.</summary>
/// <param name="Loop">The loop.</param>
/// <param name="Key">The place and its generation, see <see cref="EpollTargets"/>.</param>
internal readonly record struct EpollPlace(EpollLoop Loop, ulong Key)
{
    /// <summary>Has another target get the events from here on.</summary>
    public void HandTo(IEpollTarget target) => Loop.Replace(Key, target);

    /// <summary>Tells anew what is there. False when the socket is closed.</summary>
    public bool Arm(SafeHandle socket) => Loop.Arm(Key, socket);

    /// <summary>No event comes any more; to be done before the socket is closed.</summary>
    public void Leave() => Loop.Remove(Key);
}

/// <summary>A thread that waits for the events of sockets, and does itself what they wake up.</summary>
internal sealed partial class EpollLoop : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly EpollQueue _queue = new();
    private readonly EpollTargets _targets = new();
    private readonly Thread _thread;
    private readonly ILogger<EpollLoop> _logger;
    private volatile bool _isEnding;

    public EpollLoop(int number, ILogger<EpollLoop> logger)
    {
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = $"Direct loop {number}" };
        _thread.Start();
    }

    /// <summary>Tells a target what happens to a socket; null when the system cannot do that.</summary>
    public EpollPlace? Add(SafeHandle socket, EpollEvents events, IEpollTarget target)
    {
        var key = _targets.Add(target);
        if (_queue.Add(socket, events, key))
        {
            return new EpollPlace(this, key);
        }

        _targets.Remove(key);
        return null;
    }

    public bool Arm(ulong key, SafeHandle socket) => _queue.Change(socket, EpollEvents.Connection, key);

    public void Replace(ulong key, IEpollTarget target) => _targets.Replace(key, target);

    public void Remove(ulong key) => _targets.Remove(key);

    /// <summary>Ends the thread, and has the targets close what they own.</summary>
    public void Dispose()
    {
        if (_isEnding)
        {
            return;
        }

        _isEnding = true;
        // A socket for datagrams can always be written to, and so wakes the thread.
        using var bell = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        _queue.Add(bell.SafeHandle, EpollEvents.Out, ulong.MaxValue);
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join(Longest);
        }

        foreach (var target in _targets.All)
        {
            target.OnLoopEnd();
        }

        _queue.Dispose();
    }

    private void Run()
    {
        while (!_isEnding)
        {
            var count = _queue.Wait();
            for (var i = 0; i < count; i++)
            {
                var (events, key) = _queue[i];
                Tell(key, events);
            }
        }
    }

    /// <summary>A method of its own, so that a loop that waits holds no target.</summary>
    private void Tell(ulong key, EpollEvents events)
    {
        try
        {
            _targets.Find(key)?.OnEvents(events);
        }
#pragma warning disable CA1031 // The loop has to go on for all the others.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFault(exception);
        }
    }

    [LoggerMessage(1800, LogLevel.Error, "Something failed that a socket's event had woken up. The other sockets go on.",
        EventName = "EventFailed")]
    private partial void LogFault(Exception exception);
}
