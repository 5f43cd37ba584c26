using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RigKafka.Auth;

namespace RigKafka.Tests.Support;

/// <summary>Puts a verifier together by hand.</summary>
internal static class Verifiers
{
    public static TokenVerifier Of(AuthOptions options, TimeProvider? clock = null, ILogger<TokenVerifier>? log = null, RemoteKeys? remote = null) => new(
        options,
        new VerificationKeys(options, remote ?? new RemoteKeys(options, TimeProvider.System, NullLogger<RemoteKeys>.Instance)),
        clock ?? TimeProvider.System,
        log ?? NullLogger<TokenVerifier>.Instance);
}
