using RigKafka.Auth;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>The one way in: whoever wants a connection, on whatever transport, is asked the same questions in the same order.</summary>
internal sealed class Entrance(TokenVerifier tokens, Admission admission, IHostApplicationLifetime lifetime)
{
    /// <param name="token">The token, null when there is none.</param>
    public async ValueTask<Entered> Enter(string? token)
    {
        if (token is null)
        {
            return new Entered(null, new Refused(StatusCodes.Status401Unauthorized, "no_token"));
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return new Entered(null, new Refused(StatusCodes.Status503ServiceUnavailable, CloseReason.Shutdown.Name));
        }

        var verdict = await tokens.Verify(token);
        if (!verdict.Accepted)
        {
            return new Entered(null, new Refused(StatusCodes.Status401Unauthorized, verdict.Refusal.Value.Word()));
        }

        // After the token, so that whoever has none uses up nobody's place.
        return admission.Refuse() is { } limit
            ? new Entered(null, new Refused(StatusCodes.Status503ServiceUnavailable, limit))
            : new Entered(verdict.Identity, null);
    }
}
