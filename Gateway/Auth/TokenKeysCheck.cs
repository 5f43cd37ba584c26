using System.Runtime.CompilerServices;
using RigKafka.Settings;

namespace RigKafka.Auth;

/// <summary>Looks whether there is something to check tokens with.</summary>
internal sealed class TokenKeysCheck(AuthOptions options, VerificationKeys keys, RemoteKeys remote)
{
    public async IAsyncEnumerable<CheckResult> Look([EnumeratorCancellation] CancellationToken cancellation)
    {
        yield return keys.Any
            ? CheckResult.Ok($"Tokens may be signed with {string.Join(", ", keys.Usable)}.")
            : CheckResult.Wrong("Every token will be refused; expected JWT_SECRET_KEY, JWT_PUBLIC_KEY or JWT_JWKS_URL.");
        if (options.JwksUrl.Length > 0)
        {
            var (count, trouble) = await remote.Ask(cancellation);
            yield return trouble is null
                ? CheckResult.Ok($"JWT_JWKS_URL answers, with {count} key(s) that can be used.")
                : CheckResult.Wrong($"JWT_JWKS_URL gives no keys: {trouble}; expected a JSON web key set with a key for signatures.");
        }
    }
}
