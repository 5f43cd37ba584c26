using System.Text.Json;
using System.Text.Json.Nodes;
using RigKafka.Messages;

namespace RigKafka.Apis;

/// <summary>A definition as the table holds it.</summary>
/// <param name="Revision">Counts the writes of an id. Of two that claim the same number, the one that the table has first is in force.</param>
/// <param name="Write">Which write this was, so that whoever made it recognises it.</param>
/// <param name="Seed">The hash of the file that it came from, while nobody has changed it at run time; else null.</param>
/// <param name="Definition">The definition.</param>
internal sealed record StoredApi(int Revision, string Write, string? Seed, ApiDefinition Definition)
{
    public static StoredApi After(StoredApi? present, ApiDefinition definition, string? seed)
        => new((present?.Revision ?? -1) + 1, Guid.NewGuid().ToString("N"), seed, definition);

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject
        {
            ["revision"] = Revision,
            ["write"] = Write,
            ["seed"] = Seed,
            ["definition"] = DefinitionJson.ToObject(Definition.Json),
        },
        RelaxedJson.Options);

    /// <summary>Null, and everything that is wrong, when the bytes are no definition that this node knows what to do with.</summary>
    public static StoredApi? TryRead(byte[] bytes, DefinitionReader reader, List<string> mistakes)
    {
        if (DefinitionJson.TryParse(bytes, out var why) is not { ValueKind: JsonValueKind.Object } json)
        {
            mistakes.Add(why ?? "it is no object");
            return null;
        }

        var fields = new Fields(json, "", mistakes);
        var (revision, write) = (fields.Integer("revision", 0, int.MaxValue), fields.RequiredText("write"));
        if (revision is null || write is null || fields.RequiredObject("definition") is not { } given || reader.Read(given.Json, mistakes) is not { } definition)
        {
            return null;
        }

        return new StoredApi(revision.Value, write, fields.Text("seed"), definition);
    }
}
