using System.Text.Json;

namespace RigKafka.Messages;

/// <summary>
/// Reads JSON so that every reader agrees on what it says. An escape in a JSON string may name half of a surrogate pair
/// (RFC 8259, 8.2). Such a string is no text. The framework throws only when it is read; here it counts as missing.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions NoDuplicates = new() { AllowDuplicateProperties = false };

    /// <summary>
    /// Leaves out a byte order mark, which some programs put in front. It belongs to no JSON (RFC 8259, 8.1), but may be ignored.
    /// </summary>
    public static ReadOnlyMemory<byte> SkipByteOrderMark(ReadOnlyMemory<byte> utf8) =>
        utf8[(utf8.Length - SkipByteOrderMark(utf8.Span).Length)..];

    public static ReadOnlySpan<byte> SkipByteOrderMark(ReadOnlySpan<byte> utf8) =>
        utf8.StartsWith("\uFEFF"u8) ? utf8["\uFEFF"u8.Length..] : utf8;

    /// <summary>Null when the bytes are not JSON, or an object in it has a member twice, or a name that is no text.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="mistake">Where it is wrong; null for a name that is no text.</param>
    public static JsonElement? TryParse(ReadOnlySpan<byte> utf8, out JsonException? mistake)
    {
        mistake = null;
        try
        {
            return JsonElement.Parse(utf8, NoDuplicates);
        }
        catch (JsonException exception)
        {
            mistake = exception;
            return null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The text of a string; null for anything else.</summary>
    public static string? Text(this JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The text of a member; null where it is missing or is no text.</summary>
    public static string? Text(this JsonElement json, string name) => json.TryGetMember(name, out var value) ? value.Text() : null;

    /// <summary>Finds a member of what may be an object.</summary>
    public static bool TryGetMember(this JsonElement json, string name, out JsonElement value)
    {
        value = default;
        try
        {
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            // Another name, with which this one is compared, is no text.
            return false;
        }
    }

    /// <summary>The text of a name or a string that the reader is at; null where it is no text.</summary>
    public static string? Text(this ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether the reader is at a name or a string with this text.</summary>
    public static bool IsText(this ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        try
        {
            return reader.ValueTextEquals(utf8);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Whether all names and strings in it are texts.</summary>
    public static bool IsAllText(this JsonElement json)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.Object => json.EnumerateObject().All(member => member.Name is not null && member.Value.IsAllText()),
                JsonValueKind.Array => json.EnumerateArray().All(IsAllText),
                JsonValueKind.String => json.GetString() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
