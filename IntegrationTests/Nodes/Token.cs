using System.Text.Json;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>Tokens that the nodes of these tests take.</summary>
internal static class Token
{
    public const string Secret = "a secret of the integration tests, 32 bytes and more";

    public static string Of(string user, params string[] roles) =>
        Signed($$"""{"user":{{JsonSerializer.Serialize(user)}},"roles":{{JsonSerializer.Serialize(roles)}},"exp":4102444800,"jti":"{{JsonEncodedText.Encode(SessionOf(user))}}"}""");

    /// <summary>The session of <see cref="Of"/>.</summary>
    public static string SessionOf(string user) => $"session of {user}";

    /// <summary>A token with exactly these claims, as JSON.</summary>
    public static string Signed(string claims) => Jws.Sign(claims, secret: Secret);
}
