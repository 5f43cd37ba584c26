using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace RigKafka.Auth;

/// <summary>The claims of a token that is yet to be signed.</summary>
internal sealed record TokenToSign(string User, IReadOnlyList<string> Roles, DateTimeOffset IssuedAt, long ExpiresAt, string Session)
{
    /// <summary>The token in compact form, with what a gateway of these options looks for.</summary>
    /// <param name="key">What it is signed with.</param>
    /// <param name="algorithm">One of the key's; null for the likeliest.</param>
    /// <param name="options">The gateway's.</param>
    public string Sign(SigningKey key, string? algorithm, AuthOptions options)
    {
        var claims = new JsonObject
        {
            [options.UserField] = User,
            [options.RolesField] = new JsonArray([.. Roles.Select(role => JsonValue.Create(role))]),
            ["iat"] = IssuedAt.ToUnixTimeSeconds(),
            ["exp"] = ExpiresAt,
            ["jti"] = Session,
        };
        if (options.Issuer.Length > 0)
        {
            claims["iss"] = options.Issuer;
        }

        if (options.Audience is [var audience, ..])
        {
            claims["aud"] = audience;
        }

        var handler = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false };
        return handler.CreateToken(claims.ToJsonString(), new SigningCredentials(key.Key, algorithm ?? key.Algorithms[0]));
    }
}
