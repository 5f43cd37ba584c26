using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RigKafka.Messages;

namespace RigKafka.Apis;

/// <summary>Definitions as JSON: read strictly, and written as the original does, with letters of any script as they are.</summary>
internal static class DefinitionJson
{
    public static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Null, and why, when the text is no JSON that everybody would read alike.</summary>
    public static JsonElement? TryParse(ReadOnlySpan<byte> utf8, out string? why)
    {
        why = null;
        try
        {
            var json = JsonElement.Parse(ByteOrderMark.Skip(utf8), Strict);
            if (IsText(json))
            {
                return json;
            }

            why = "a text in it holds half of a surrogate pair";
        }
        catch (JsonException mistake)
        {
            // The message may quote what it found; the place is enough.
            why = $"it is no JSON, or has a member twice, at line {mistake.LineNumber + 1}, byte {mistake.BytePositionInLine + 1}";
        }
        catch (InvalidOperationException)
        {
            why = "a name in it holds half of a surrogate pair";
        }

        return null;
    }

    public static JsonElement ToElement(JsonObject json) => JsonSerializer.SerializeToElement(json, Relaxed);

    public static JsonObject ToObject(JsonElement json) => JsonObject.Create(json)!;

    private static bool IsText(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().All(member => member.Name.Length >= 0 && IsText(member.Value)),
        JsonValueKind.Array => json.EnumerateArray().All(IsText),
        JsonValueKind.String => json.GetString() is not null,
        _ => true,
    };
}
