using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RigKafka.Auth;

/// <summary>Takes a compact token (RFC 7515, section 3.1) apart: the JSON of its header and of its claims, nothing verified yet.</summary>
internal static class TokenText
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

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

        try
        {
            value = JsonElement.Parse(json, Strict);
            return value.ValueKind == JsonValueKind.Object ? null : TokenRefusal.Malformed;
        }
        catch (InvalidOperationException)
        {
            // An escape in a name is half of a surrogate pair, which is no text.
            return TokenRefusal.Malformed;
        }
        catch (JsonException)
        {
            return IsJson(json) ? TokenRefusal.DuplicateClaim : TokenRefusal.Malformed;
        }
    }

    private static bool IsJson(byte[] json)
    {
        try
        {
            JsonElement.Parse(json);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
