using RigKafka.Apis;
using RigKafka.Sessions;

namespace RigKafka.Proxy;

/// <summary>Looks for a token where the definition says, and takes the first that is good.</summary>
internal sealed class CallAuth(TokenGate gate)
{
    private const string Scheme = "Bearer ";

    /// <summary>Whether it is known yet whom to let in.</summary>
    public bool IsOpen => gate.IsOpen;

    public async ValueTask<CallToken?> Check(HttpRequest request, AuthRule rule)
    {
        foreach (var token in Candidates(request, rule))
        {
            var verdict = await gate.Verify(token);
            if (verdict.Accepted)
            {
                return new CallToken(token, verdict.Identity);
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
                var token = value?.Trim() ?? "";
                token = token.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? token[Scheme.Length..].TrimStart() : token;
                if (token.Length > 0)
                {
                    tokens.Add(token);
                }
            }
        }

        return tokens;
    }
}
