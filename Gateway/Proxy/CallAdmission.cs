using RigKafka.Apis;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Http;
using RigKafka.RequestLog;
using RigKafka.Sessions;

namespace RigKafka.Proxy;

/// <summary>
/// Decides which calls are let in: counts a call against the limit of its service, and looks for a good token where the definition says.
/// </summary>
internal sealed class CallAdmission(
    RateLimits limits, TokenGate gate, ExpiryRule expiry, RequestLogQueue log, ProxyRefusals refusals)
{
    /// <summary>Null if the call is refused; then it has been answered.</summary>
    public async ValueTask<Call?> Admit(HttpContext context, ApiRoute route)
    {
        if (!limits.Admits(context, route.TargetName))
        {
            await refusals.TooManyRequests(context, route.TargetName);
            return null;
        }

        if (route.IsSecured && !gate.IsOpen)
        {
            await refusals.NotReady(context);
            return null;
        }

        var call = route.IsSecured ? await Verify(context, route, route.Definition.Auth!) : new Call(context, route);
        if (call is null)
        {
            await refusals.Unauthorized(context);
            return null;
        }

        log.Note(context, route, call.Identity);
        return call;
    }

    /// <summary>Takes the first good token. Null if there is none.</summary>
    private async ValueTask<Call?> Verify(HttpContext context, ApiRoute route, AuthRule rule)
    {
        foreach (var token in Candidates(context.Request, rule))
        {
            var verdict = await gate.Verify(token);
            if (verdict.Accepted)
            {
                DateTimeOffset? expires = expiry.IsEnforced ? verdict.Identity.Expires : null;
                return new Call(context, route) { Token = token, Identity = verdict.Identity, Expires = expires };
            }
        }

        return null;
    }

    private static List<string> Candidates(HttpRequest request, AuthRule rule)
    {
        var tokens = new List<string>(1);
        if (rule.UseQuery && request.Query.TryGetValue(rule.QueryName, out var parameters) && parameters is [.., { } last])
        {
            tokens.AddRange(last.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }

        if (rule.UseHeader)
        {
            foreach (var value in request.Headers[rule.HeaderName])
            {
                var token = BearerToken.WithoutScheme(value ?? "");
                if (token.Length > 0)
                {
                    tokens.Add(token);
                }
            }
        }

        return tokens;
    }
}

/// <summary>A call that was let in.</summary>
internal sealed record Call(HttpContext Context, ApiRoute Route)
{
    /// <summary>The token that the call was let in with; null if its endpoint needs none.</summary>
    public string? Token { get; init; }

    /// <summary>The bearer of the token; null without one.</summary>
    public Identity? Identity { get; init; }

    /// <summary>When the token expires, and the call ends with it; null if it does not.</summary>
    public DateTimeOffset? Expires { get; init; }
}
