using System.Collections.Concurrent;

namespace RigKafka.Proxy;

/// <summary>The calls under way that were let in with a token, so that they end with its session.</summary>
internal sealed class OpenCalls
{
    private readonly ConcurrentDictionary<CallTimer, string> _calls = new();

    public int Count => _calls.Count;

    public void Add(CallTimer call, string session) => _calls.TryAdd(call, session);

    public void Remove(CallTimer call) => _calls.TryRemove(call, out _);

    /// <summary>Ends every call of a session, named by the <c>jti</c> of its token. Rare beside the calls, so that it may look at all of them.</summary>
    public void End(string session)
    {
        foreach (var (call, of) in _calls)
        {
            if (of == session)
            {
                call.Stop(CallEnd.SessionEnded);
            }
        }
    }
}
