using System.Text.Json;
using System.Text.Json.Nodes;
using RigKafka.Messages;

namespace RigKafka.Apis;

/// <summary>A definition as the table stores it.</summary>
/// <param name="Revision">
/// The number of the write of this id. Of two writes with the same number the first one in the table is in force.
/// </param>
/// <param name="Write">The id of the write, by which the node that made it recognises it.</param>
/// <param name="Seed">The hash of the file that it came from; null once it was changed at run time.</param>
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

    /// <summary>Reads a definition of the table. Null if this node cannot use the bytes; then all mistakes are noted.</summary>
    public static StoredApi? TryRead(byte[] bytes, DefinitionReader reader, List<string> mistakes)
    {
        if (DefinitionJson.TryParse(bytes, out var why) is not { ValueKind: JsonValueKind.Object } json)
        {
            mistakes.Add(why ?? "it is not an object");
            return null;
        }

        var fields = new DefinitionFields(json, "", mistakes);
        var (revision, write) = (fields.Integer("revision", 0, int.MaxValue), fields.RequiredText("write"));
        if (revision is null || write is null)
        {
            return null;
        }

        return fields.RequiredObject("definition") is { } given && reader.Read(given.Json, mistakes) is { } definition
            ? new StoredApi(revision.Value, write, fields.Text("seed"), definition)
            : null;
    }
}
