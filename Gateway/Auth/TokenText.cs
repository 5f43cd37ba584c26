using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RigKafka.Auth;

/// <summary>Takes a compact token (RFC 7515, section 3.1) apart: the JSON of its header and of its claims, nothing verified yet.</summary>
internal static class TokenText
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private static readonly JsonDocumentOptions Lax = new() { AllowDuplicateProperties = true };

    /// <summary>Null when both could be read, else why not.</summary>
    public static TokenRefusal? TryRead(ReadOnlySpan<char> token, out JsonElement header, out JsonElement claims)
    {
        (header, claims) = (default, default);
        Span<Range> parts = stackalloc Range[4];
        return token.Split(parts, '.') != 3
            ? TokenRefusal.Malformed
            : TryReadObject(token[parts[0]], out header) ?? TryReadObject(token[parts[1]], out claims);
    }

    private static TokenRefusal? TryReadObject(ReadOnlySpan<char> part, out JsonElement value)
    {
        value = default;
        if (!Base64Url.IsValid(part) || Base64Url.DecodeFromChars(part) is var json && !Utf8.IsValid(json))
        {
            return TokenRefusal.Malformed;
        }

        if (TryParse(json, Strict) is not { } found)
        {
            return TryParse(json, Lax) is null ? TokenRefusal.Malformed : TokenRefusal.DuplicateClaim;
        }

        value = found;
        return found.ValueKind == JsonValueKind.Object ? null : TokenRefusal.Malformed;
    }

    private static JsonElement? TryParse(byte[] json, JsonDocumentOptions options)
    {
        try
        {
            return JsonElement.Parse(json, options);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // An InvalidOperationException is a name with half of a surrogate pair, which is no text.
            return null;
        }
    }
}
