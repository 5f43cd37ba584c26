using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;
using RigKafka.Messages;

namespace RigKafka.Auth;

/// <summary>Takes a compact token (RFC 7515, section 3.1) apart: the JSON of its header and of its claims, nothing verified yet.</summary>
internal static class TokenText
{
    /// <summary>Null when both could be read, else why not.</summary>
    public static TokenRefusal? TryRead(ReadOnlySpan<char> token, out JsonElement header, out JsonElement claims)
    {
        (header, claims) = (default, default);
        Span<Range> parts = stackalloc Range[4];
        return token.Split(parts, '.') != 3
            ? TokenRefusal.Malformed
            : TryReadObject(token[parts[0]], out header) ?? TryReadObject(token[parts[1]], out claims);
    }

    /// <summary>What one part says, whatever is wrong with the rest; null where it is no JSON.</summary>
    public static JsonElement? Decode(ReadOnlySpan<char> part)
    {
        try
        {
            return Base64Url.IsValid(part) && Base64Url.DecodeFromChars(part) is var json && Utf8.IsValid(json) ? JsonElement.Parse(json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TokenRefusal? TryReadObject(ReadOnlySpan<char> part, out JsonElement value)
    {
        value = default;
        if (!Base64Url.IsValid(part) || Base64Url.DecodeFromChars(part) is var json && !Utf8.IsValid(json))
        {
            return TokenRefusal.Malformed;
        }

        if (StrictJson.TryParse(json, out var mistake) is not { } parsed)
        {
            return mistake is not null && IsJson(json) ? TokenRefusal.DuplicateClaim : TokenRefusal.Malformed;
        }

        value = parsed;
        return value.ValueKind == JsonValueKind.Object ? null : TokenRefusal.Malformed;
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
