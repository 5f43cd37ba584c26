using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Auth;

/// <summary>Reads the claims of a token: its times against the clock, its session, its user and roles.</summary>
internal sealed class TokenClaims(AuthOptions options, TimeProvider clock)
{
    private static readonly double LatestTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() / 1000d;

    private readonly string[] _public =
    [
        .. (options.PublicClaims.Count > 0 ? options.PublicClaims : [options.UserField, options.RolesField, "jti", "exp"]).Distinct(),
    ];

    public TokenVerdict Read(JsonElement claims)
    {
        foreach (var refusal in Refusals(claims))
        {
            return TokenVerdict.Refused(refusal);
        }

        if (Public(claims) is not { } shown)
        {
            return TokenVerdict.Refused(TokenRefusal.Malformed);
        }

        var (user, isNumber) = User(claims);
        return TokenVerdict.Of(new Identity(claims.Text("jti")!, user, isNumber, Roles(claims), Time(Expires(claims)), IssuedAt(claims), shown));
    }

    /// <summary>All that speaks against what they say, in the order of the checks.</summary>
    public IEnumerable<TokenRefusal> Refusals(JsonElement claims)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000d;
        if (!claims.TryGetProperty("exp", out var exp) || exp.ValueKind != JsonValueKind.Number)
        {
            yield return TokenRefusal.NoExpiry;
        }
        else if (Expires(claims) <= now)
        {
            yield return TokenRefusal.Expired;
        }

        if (claims.TryGetProperty("nbf", out var nbf)
            && (nbf.ValueKind != JsonValueKind.Number || nbf.GetDouble() - options.ClockSkewSeconds > now))
        {
            yield return TokenRefusal.NotYetValid;
        }

        if (claims.Text("jti") is not { Length: > 0 })
        {
            yield return TokenRefusal.NoSession;
        }

        if (options.Issuer.Length > 0 && claims.Text("iss") != options.Issuer)
        {
            yield return TokenRefusal.WrongIssuer;
        }

        if (options.Audience.Count > 0 && !IsForUs(claims))
        {
            yield return TokenRefusal.WrongAudience;
        }
    }

    /// <summary>When they are taken no longer, in seconds since the Unix epoch.</summary>
    private double Expires(JsonElement claims) => claims.GetProperty("exp").GetDouble() + options.ClockSkewSeconds;

    /// <summary>One text, or a list of them (RFC 7519, section 4.1.3).</summary>
    private bool IsForUs(JsonElement claims) => claims.TryGetProperty("aud", out var aud) && (aud.ValueKind == JsonValueKind.Array
        ? aud.EnumerateArray().Any(one => options.Audience.Contains(one.Text()))
        : options.Audience.Contains(aud.Text()));

    private (string? Name, bool IsNumber) User(JsonElement claims) => Claim.Find(claims, options.UserField) switch
    {
        null => (null, false),
        { Value: { ValueKind: JsonValueKind.Number } user } => (user.GetRawText(), true),
        { Value: var user } => (user.Text(), false),
    };

    private static long? IssuedAt(JsonElement claims) =>
        claims.TryGetProperty("iat", out var iat) && iat.ValueKind == JsonValueKind.Number
            ? (long)Math.Clamp(Math.Floor(iat.GetDouble()), 0, LatestTime)
            : null;

    private string[]? Roles(JsonElement claims)
    {
        if (Claim.Find(claims, options.RolesField) is not var (name, roles))
        {
            return null;
        }

        if (roles.ValueKind == JsonValueKind.Array)
        {
            var texts = roles.EnumerateArray().Select(StrictJson.Text).OfType<string>().ToArray();
            return texts.Length == roles.GetArrayLength() ? texts : null;
        }

        // A scope is a list with spaces between its members (RFC 8693, section 4.2); a role may have spaces in its name.
        return roles.Text() is not { } text ? null
            : name is "scope" or "scp" ? text.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [text];
    }

    /// <summary>Null where a claim is no text that could be shown.</summary>
    private byte[]? Public(JsonElement claims)
    {
        try
        {
            var shown = _public.Select(path => (path, Claim: Claim.Find(claims, path))).Where(found => found.Claim is not null);
            var values = shown.ToDictionary(found => found.path, found => found.Claim!.Value.Value);
            return JsonSerializer.SerializeToUtf8Bytes(values, RelaxedJson.Options);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // An escape may name half of a surrogate pair, which is no text.
            return null;
        }
    }

    private static DateTimeOffset Time(double unixSeconds) => unixSeconds >= LatestTime
        ? DateTimeOffset.MaxValue
        : DateTimeOffset.FromUnixTimeMilliseconds((long)(unixSeconds * 1000));
}

/// <summary>A claim, found by its name, or by a path of names with dots between them.</summary>
/// <param name="Name">Its own name, the path to it left out.</param>
/// <param name="Value">What the token says.</param>
internal readonly record struct Claim(string Name, JsonElement Value)
{
    /// <summary>
    /// Names have dots of their own, so the longest that is there counts: a path is only looked for where no claim has the whole name.
    /// </summary>
    public static Claim? Find(JsonElement claims, string path)
    {
        if (claims.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (claims.TryGetProperty(path, out var value))
        {
            return new Claim(path, value);
        }

        for (var dot = path.LastIndexOf('.'); dot > 0; dot = path.LastIndexOf('.', dot - 1))
        {
            if (claims.TryGetProperty(path[..dot], out var inner))
            {
                return Find(inner, path[(dot + 1)..]);
            }
        }

        return null;
    }
}
