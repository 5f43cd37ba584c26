using System.Text.Json;

namespace RigKafka.Tests.Presence;

/// <summary>What a client knows who has applied every event about presence. It finds fault with an entry that joins twice, and with one that leaves without having been there.</summary>
internal sealed class PresencePicture
{
    private readonly HashSet<string> _references = [];

    public PresencePicture(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var (name, payload) = (line[..line.IndexOf('|')], line[(line.IndexOf("||", StringComparison.Ordinal) + 2)..]);
            using var json = JsonDocument.Parse(payload);
            if (name == "presence_state")
            {
                _references.Clear();
                Each(json.RootElement, reference => _references.Add(reference), "is there twice");
            }
            else if (name == "presence_diff")
            {
                Each(json.RootElement.GetProperty("joins"), reference => _references.Add(reference), "joins twice");
                Each(json.RootElement.GetProperty("leaves"), reference => _references.Remove(reference), "leaves and was not there");
            }
        }
    }

    public IReadOnlySet<string> References => _references;

    private static void Each(JsonElement users, Func<string, bool> apply, string fault)
    {
        foreach (var meta in users.EnumerateObject().SelectMany(user => user.Value.GetProperty("metas").EnumerateArray()))
        {
            var reference = meta.GetProperty("phx_ref").GetString()!;
            if (!apply(reference))
            {
                throw new InvalidOperationException($"{reference} {fault}.");
            }
        }
    }
}
