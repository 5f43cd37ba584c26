using System.Text.Json;
using System.Text.Json.Nodes;
using RigKafka.Messages;

namespace RigKafka.Apis;

/// <summary>Definitions as JSON: read strictly, and written as the original does, without escapes for letters of any script.</summary>
internal static class DefinitionJson
{
    /// <summary>Null, with the reason, if the bytes are not JSON, or are JSON that two readers could read differently.</summary>
    public static JsonElement? TryParse(ReadOnlySpan<byte> utf8, out string? why)
    {
        why = null;
        var json = StrictJson.TryParse(StrictJson.SkipByteOrderMark(utf8), out var mistake);
        if (json?.IsAllText() == true)
        {
            return json;
        }

        // The exception's message may quote what it found; the place is enough.
        why = mistake is null
            ? "a name in it holds half of a surrogate pair"
            : $"it is no JSON, or has a member twice, at line {mistake.LineNumber + 1}, byte {mistake.BytePositionInLine + 1}";
        return null;
    }

    public static JsonElement ToElement(JsonObject json) => JsonSerializer.SerializeToElement(json, RelaxedJson.Options);

    public static JsonObject ToObject(JsonElement json) => JsonObject.Create(json)!;
}
