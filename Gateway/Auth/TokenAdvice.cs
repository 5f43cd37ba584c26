using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Auth;

/// <summary>What is wrong with a token, and what would be right, in words. Nothing of its signature is in them.</summary>
/// <param name="token">The token.</param>
/// <param name="header">The JSON of its header; null where there is none.</param>
/// <param name="claims">The same of its claims.</param>
/// <param name="usable">The algorithms that there is a key for.</param>
/// <param name="options">What a token has to be like.</param>
/// <param name="now">The time.</param>
internal sealed class TokenAdvice(
    string token, JsonElement? header, JsonElement? claims, IReadOnlyList<string> usable, AuthOptions options, DateTimeOffset now)
{
    public const string OnTheBlacklist =
        "Its session, or its user, is on the blacklist; expected one that is not: take it off, or have the user log in anew.";

    /// <summary>More of a value than this is left out.</summary>
    private const int MostShown = 80;

    public TokenFinding Of(TokenRefusal refusal) => new(refusal.Word(), Sentence(refusal));

    /// <summary>What the maker of a token should know that is taken.</summary>
    public static IEnumerable<TokenFinding> Notes(Identity identity, AuthOptions options)
    {
        if (identity.User is null)
        {
            yield return new("no_user", $"There is no user: its holder may listen to nothing; expected the claim {options.UserField} "
                + "(JWT_USER_FIELD), a text or a number.");
        }

        if (identity.Roles is null)
        {
            yield return new("no_roles", $"There are no roles: its holder may listen to nothing; expected the claim {options.RolesField} "
                + "(JWT_ROLES_FIELD), a text or a list of texts, which may be empty.");
        }

        if (identity.IssuedAt is null)
        {
            yield return new("no_issued_at", "It does not say when it was issued: while its user is on the blacklist it is refused, "
                + "however new it is; expected the claim iat, a number of seconds since the Unix epoch.");
        }
    }

    private string Sentence(TokenRefusal refusal) => refusal switch
    {
        TokenRefusal.Malformed => Malformed(),
        TokenRefusal.TooLong => $"It has {token.Length} bytes; expected at most {options.MaxTokenBytes} (JWT_MAX_TOKEN_BYTES).",
        TokenRefusal.UnsupportedAlgorithm => UnsupportedAlgorithm(),
        TokenRefusal.DuplicateClaim => "A member of its header, or a claim, is there twice; expected each name once.",
        TokenRefusal.BadSignature => BadSignature(),
        TokenRefusal.Expired => $"It expired at {Time("exp")}, and it is {now:u} now; expected an exp that is yet to come{Skew}.",
        TokenRefusal.NotYetValid => Claim("nbf") is { ValueKind: JsonValueKind.Number }
            ? $"It is valid from {Time("nbf")} on, and it is {now:u} now; expected an nbf that has passed{Skew}."
            : $"Its nbf is {Shown("nbf")}; expected a number of seconds since the Unix epoch, or no nbf.",
        TokenRefusal.NoExpiry => $"Its exp is {Shown("exp")}; expected a number of seconds since the Unix epoch.",
        TokenRefusal.NoSession => $"Its jti is {Shown("jti")}; expected a text that names the session, so that it can be ended.",
        TokenRefusal.Blacklisted => OnTheBlacklist,
        TokenRefusal.OtherUser => "It is of another user than the connection that it was to renew; expected one of the same user.",
        TokenRefusal.WrongIssuer => $"Its iss is {Shown("iss")}; expected {RelaxedJson.Quote(options.Issuer)} (JWT_ISSUER).",
        TokenRefusal.WrongAudience =>
            $"Its aud is {Shown("aud")}; expected {string.Join(" or ", options.Audience.Select(RelaxedJson.Quote))} (JWT_AUDIENCE).",
        TokenRefusal.NoSecret =>
            "There is nothing to check a token with; expected one of the settings JWT_SECRET_KEY, JWT_PUBLIC_KEY and JWT_JWKS_URL.",
        TokenRefusal.UnknownKey => $"The key set at JWT_JWKS_URL has no key for kid {Shown(header, "kid")} and alg {Shown(header, "alg")}; "
            + "expected a key that the set has, for signatures and for this algorithm.",
        TokenRefusal.KeysUnavailable => "The key set at JWT_JWKS_URL could not be had, so that its signature cannot be checked; "
            + "expected an answer with a JSON web key set within 4 s.",
        _ => throw new UnreachableException(),
    };

    private string Skew => options.ClockSkewSeconds == 0 ? "" : $" (JWT_CLOCK_SKEW_SECONDS allows for {options.ClockSkewSeconds} s)";

    private string Malformed()
    {
        if (token.Length == 0)
        {
            return "There is no token; expected three parts with dots between them: header, claims and signature.";
        }

        if (token.Any(char.IsWhiteSpace))
        {
            return "There is space in it, or a line break; expected none.";
        }

        var parts = token.Split('.').Length;
        return (parts, header, claims) switch
        {
            (5, _, _) => "It has five parts, so it is encrypted; expected a token that is signed, with three parts.",
            (not 3, _, _) => $"It has {parts} parts; expected three with dots between them: header, claims and signature.",
            (_, not { ValueKind: JsonValueKind.Object }, _) => "Its header, the first part, is not readable; expected a JSON object in base64url.",
            (_, _, not { ValueKind: JsonValueKind.Object }) => "Its claims, the second part, are not readable; expected a JSON object in base64url.",
            _ => "A registered claim is not of its kind, such as an iss that is no text; expected what RFC 7519 says in section 4.1.",
        };
    }

    private string UnsupportedAlgorithm()
    {
        var expected = $"expected {string.Join(", ", usable)}";
        return header?.TryGetMember("crit", out _) == true
            ? "Its header has crit, which asks for an extension that is not known here; expected none."
            : header?.Text("alg") is { } algorithm && VerificationKeys.Algorithms.Contains(algorithm)
            ? $"Its alg is {Shown(header, "alg")}, and there is no key for that; {expected}, or another key in the settings."
            : $"Its alg is {Shown(header, "alg")}; {expected}.";
    }

    private string BadSignature()
    {
        var isHmac = header?.Text("alg")?.StartsWith("HS", StringComparison.Ordinal) == true;
        var key = isHmac ? string.Join(" or ", options.Secrets.Select(secret => secret.Name))
            : options.JwksUrl.Length > 0 ? "a key of the set at JWT_JWKS_URL" : "the private key of JWT_PUBLIC_KEY";
        return $"It was not signed with {key}, or was changed later; expected its signature to be made with that"
            + (isHmac ? ": with the secret as it is written, which is not decoded from base64." : ".");
    }

    private JsonElement? Claim(string name) => Member(claims, name);

    private static JsonElement? Member(JsonElement? json, string name) =>
        json is { } there && there.TryGetMember(name, out var value) ? value : null;

    private string Shown(string claim) => Shown(claims, claim);

    private static string Shown(JsonElement? json, string name)
    {
        if (Member(json, name) is not { } value)
        {
            return "missing";
        }

        if (!value.IsAllText())
        {
            return "no text";
        }

        var text = JsonSerializer.Serialize(value, RelaxedJson.Options);
        return text.Length <= MostShown ? text : $"{text.AsSpan(0, MostShown)}…";
    }

    private string Time(string claim)
    {
        var latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        var seconds = (long)Math.Clamp(Claim(claim)!.Value.GetDouble(), DateTimeOffset.MinValue.ToUnixTimeSeconds(), latest);
        return DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("u", CultureInfo.InvariantCulture);
    }
}
