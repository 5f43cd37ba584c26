using Microsoft.Extensions.Time.Testing;
using RigKafka.Auth;

namespace RigKafka.Tests.Auth;

/// <summary>A verifier at a fixed time, and a good token.</summary>
internal abstract class TokenFixture
{
    protected const long Now = 1_800_000_000;
    protected const string Good = """{"user":"alice","roles":["a","b"],"exp":1800000060,"jti":"s1"}""";

    protected LogLines<TokenVerifier> Log { get; } = new();

    protected ValueTask<TokenVerdict> Verify(string token, AuthOptions? options = null) =>
        Verifiers.Of(options ?? new AuthOptions { SecretKey = Jws.Secret }, new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(Now)), Log).Verify(token);

    protected async Task<TokenRefusal?> Refusal(string token, AuthOptions? options = null) => (await Verify(token, options)).Refusal;
}
