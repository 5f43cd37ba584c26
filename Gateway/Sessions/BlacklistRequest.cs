using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Sessions;

/// <summary>
/// The body of a request that puts somebody on the blacklist: nothing, or a JSON object with one member that says until when.
/// </summary>
internal static class BlacklistRequest
{
    public const int MaxBytes = 4096;

    private const string ExpiresAt = "expires_at";
    private const string TtlSeconds = "ttl_seconds";
    private const string Expected = "Bad request: expected no body, or a JSON object with either expires_at (a time in the future, in seconds "
        + "since the Unix epoch) or ttl_seconds (at least 1).";

    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>Until when, if the request says so, or what is wrong with it.</summary>
    public static (DateTimeOffset? Expires, string? Mistake) Read(byte[] body, DateTimeOffset now)
    {
        if (body.Length == 0)
        {
            return (null, null);
        }

        try
        {
            using var json = JsonDocument.Parse(StrictJson.SkipByteOrderMark(body.AsMemory()));
            return Read(json.RootElement, now.ToUnixTimeSeconds());
        }
        catch (JsonException)
        {
            return (null, Expected);
        }
    }

    private static (DateTimeOffset? Expires, string? Mistake) Read(JsonElement json, long now)
    {
        if (json.ValueKind != JsonValueKind.Object || json.EnumerateObject().ToArray() is not { Length: <= 1 } members)
        {
            return (null, Expected);
        }

        if (members.Length == 0)
        {
            return (null, null);
        }

        var (name, value) = (members[0].Name, members[0].Value);
        if (name is not (ExpiresAt or TtlSeconds) || value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var seconds))
        {
            return (null, Expected);
        }

        if (name == TtlSeconds)
        {
            // What lies beyond the calendar is its end.
            return seconds < 1 ? (null, Expected) : (Time(seconds > Latest - now ? Latest : now + seconds), null);
        }

        return seconds <= now ? (null, Expected) : (Time(Math.Min(seconds, Latest)), null);
    }

    private static DateTimeOffset Time(long seconds) =>
        seconds == Latest ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeSeconds(seconds);
}
