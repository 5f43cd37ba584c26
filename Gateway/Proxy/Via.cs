using System.Security.Cryptography;

namespace RigKafka.Proxy;

/// <summary>
/// This node's mark on the calls that it forwards (RFC 9110, section 7.6.3), by which it knows one that comes back: a definition may lead to the
/// gateway itself, over other nodes too, and each round would take two connections.
/// </summary>
internal sealed class Via
{
    public const string Header = "Via";

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

    /// <summary>Adds the mark to those of the proxies in front, which have to stay whatever else is said of the header.</summary>
    /// <param name="received">The request of the client.</param>
    /// <param name="sent">The request to the service, with all headers that it is to have.</param>
    public void Add(HttpRequest received, HttpRequestMessage sent)
    {
        var version = received.Protocol[(received.Protocol.IndexOf('/') + 1)..];
        IEnumerable<string?> added = sent.Headers.NonValidated.TryGetValues(Header, out var values) ? values : [];
        var marks = string.Join(", ", received.Headers.Via.Concat(added).Where(line => !string.IsNullOrEmpty(line)).Distinct().Append($"{version} {_pseudonym}"));
        sent.Headers.Remove(Header);
        sent.Headers.TryAddWithoutValidation(Header, marks);
    }
}
