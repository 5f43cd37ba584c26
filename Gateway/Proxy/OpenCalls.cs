using System.Collections.Concurrent;
using RigKafka.Auth;

namespace RigKafka.Proxy;

/// <summary>The calls under way that were let in with a token, so that they end when it is blacklisted.</summary>
internal sealed class OpenCalls
{
    private readonly ConcurrentDictionary<CallTimer, Identity> _calls = new();
    private readonly Blacklist _blacklist;

    public OpenCalls(Blacklist blacklist)
    {
        _blacklist = blacklist;
        blacklist.Denied += EndDenied;
    }

    public int Count => _calls.Count;

    public void Add(CallTimer call, Identity identity)
    {
        _calls.TryAdd(call, identity);
        if (_blacklist.IsDenied(identity))
        {
            // Since the token was looked at; whoever was denied before the call was here did not end it.
            call.Stop(CallEnd.SessionEnded);
        }
    }

    public void Remove(CallTimer call) => _calls.TryRemove(call, out _);

    /// <summary>Rare beside the calls, so that it may look at all of them.</summary>
    private void EndDenied()
    {
        foreach (var (call, identity) in _calls)
        {
            if (_blacklist.IsDenied(identity))
            {
                call.Stop(CallEnd.SessionEnded);
            }
        }
    }
}
