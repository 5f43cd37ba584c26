using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace RigKafka.Proxy;

/// <summary>
/// This node's mark on the calls that it forwards (RFC 9110, section 7.6.3). By it the node knows a call that comes back: a definition may
/// lead to the gateway itself, also over other nodes, and each round would take two connections.
/// </summary>
internal sealed class Via
{
    private readonly string _pseudonym = "rig-" + RandomNumberGenerator.GetHexString(32, lowercase: true);

    public bool IsOn(HttpRequest request)
    {
        foreach (var line in request.Headers.Via)
        {
            if (line?.Contains(_pseudonym, StringComparison.OrdinalIgnoreCase) is true)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds the mark to those of the proxies in front, which must stay.</summary>
    /// <param name="received">The request of the client.</param>
    /// <param name="sent">The request to the service, with all its other headers.</param>
    public void Add(HttpRequest received, HttpRequestMessage sent)
    {
        var version = received.Protocol[(received.Protocol.IndexOf('/') + 1)..];
        IEnumerable<string?> added = sent.Headers.NonValidated.TryGetValues(HeaderNames.Via, out var values) ? values : [];
        var others = received.Headers.Via.Concat(added).Where(line => !string.IsNullOrEmpty(line)).Distinct();
        var marks = string.Join(", ", others.Append($"{version} {_pseudonym}"));
        sent.Headers.Remove(HeaderNames.Via);
        sent.Headers.TryAddWithoutValidation(HeaderNames.Via, marks);
    }
}
