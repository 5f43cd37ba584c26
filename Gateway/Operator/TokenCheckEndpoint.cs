using System.Text;
using System.Text.Json;
using RigKafka.Auth;
using RigKafka.Http;
using RigKafka.Messages;
using RigKafka.Sessions;

namespace RigKafka.Operator;

/// <summary>
/// <c>POST /v1/tokens/check</c>: whether this node would let the holder of a token in, and why not. The body is the token. It is written
/// nowhere.
/// </summary>
internal sealed class TokenCheckEndpoint(TokenJudge judge, Blacklist blacklist)
{
    /// <summary>More than any token has.</summary>
    public const int MaxBytes = 65_536;

    public async Task Check(HttpContext context)
    {
        if (await context.ReadBodyOrAnswer(MaxBytes) is not { } body)
        {
            return;
        }

        if (!blacklist.IsCaughtUp)
        {
            await context.AnswerUnavailable(BlacklistEndpoints.NotCaughtUp);
            return;
        }

        var judgement = await judge.Judge(Encoding.UTF8.GetString(body));
        if (judgement.Verdict.Accepted && blacklist.Refuses(judgement.Verdict.Identity))
        {
            judgement = judgement.Blacklisted();
        }

        await context.AnswerJson(StatusCodes.Status200OK, RelaxedJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("accepted", judgement.Verdict.Accepted);
            json.WriteStartArray("findings");
            foreach (var (word, sentence) in judgement.Findings)
            {
                json.WriteStartObject();
                json.WriteString("word", word);
                json.WriteString("sentence", sentence);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Write(json, "header", judgement.Header);
            Write(json, "claims", judgement.Claims);
            json.WriteEndObject();
        }));
    }

    private static void Write(Utf8JsonWriter json, string name, JsonElement? part)
    {
        json.WritePropertyName(name);
        if (part is { } there)
        {
            there.WriteTo(json);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
