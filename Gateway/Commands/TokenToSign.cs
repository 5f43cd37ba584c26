using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using RigKafka.Auth;

namespace RigKafka.Commands;

/// <summary>The claims of a token that is yet to be signed.</summary>
internal sealed record TokenToSign(
    [property: JsonPropertyName("user")] string User,
    [property: JsonPropertyName("roles")] IReadOnlyList<string> Roles,
    [property: JsonPropertyName("exp")] long ExpiresAt,
    [property: JsonPropertyName("jti")] string Session)
{
    /// <summary>The token in compact form. <paramref name="algorithm"/> is HS256, HS384 or HS512.</summary>
    public string Sign(string secret, string algorithm)
    {
        var handler = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false };
        return handler.CreateToken(JsonSerializer.Serialize(this), new SigningCredentials(SecretKey.Of(secret), algorithm));
    }
}
