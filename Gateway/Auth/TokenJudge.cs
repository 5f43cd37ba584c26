using System.Text.Json;
using RigKafka.Http;
using RigKafka.Messages;

namespace RigKafka.Auth;

/// <summary>
/// Says why a token is refused, and what would be right, to those who make tokens. The verdict is the verifier's. It lets nobody in, logs
/// nothing, and knows no blacklist.
/// </summary>
internal sealed class TokenJudge(TokenVerifier verifier, VerificationKeys keys, AuthOptions options, TimeProvider time)
{
    /// <param name="pasted">The token, as somebody has copied it: with the scheme of a header or without, with space around it.</param>
    public async ValueTask<TokenJudgement> Judge(string pasted)
    {
        var token = BearerToken.WithoutScheme(pasted);
        var (verdict, refusals) = await verifier.Examine(token);
        var parts = token.Length > options.MaxTokenBytes ? [] : token.Split('.');
        var (header, claims) = (Decode(parts, 0), Decode(parts, 1));
        var advice = new TokenAdvice(token, header, claims, keys.Usable, options, time.GetUtcNow());
        return new TokenJudgement(
            verdict,
            [.. refusals.Select(advice.Of), .. verdict.Accepted ? TokenAdvice.Notes(verdict.Identity, options) : []],
            Shown(header),
            Shown(claims));
    }

    private static JsonElement? Decode(string[] parts, int index) => index < parts.Length ? TokenText.Decode(parts[index]) : null;

    private static JsonElement? Shown(JsonElement? part) => part?.IsAllText() == true ? part : null;
}

/// <summary>What became of a token that was shown to be judged. There is neither the token nor its signature in it.</summary>
/// <param name="Verdict">Whether a node would take it: whose it is, or the reason that the node would log.</param>
/// <param name="Findings">All that speaks against it, the verdict's reason first; of a token that is taken, what its maker should know.</param>
/// <param name="Header">The JSON of its header, nothing verified; null where there is none, or a string in it is no text.</param>
/// <param name="Claims">The same of its claims.</param>
internal sealed record TokenJudgement(TokenVerdict Verdict, IReadOnlyList<TokenFinding> Findings, JsonElement? Header, JsonElement? Claims)
{
    /// <summary>The judgement where the blacklist is known, and refuses it.</summary>
    public TokenJudgement Blacklisted() => this with
    {
        Verdict = TokenVerdict.Refused(TokenRefusal.Blacklisted),
        Findings = [new TokenFinding(TokenRefusal.Blacklisted.Word(), TokenAdvice.OnTheBlacklist), .. Findings],
    };
}

/// <summary>One thing about a token.</summary>
/// <param name="Word">One word for it; of a refusal, that of the log and the metrics.</param>
/// <param name="Sentence">What is wrong, and what would be right, on one line.</param>
internal readonly record struct TokenFinding(string Word, string Sentence);
