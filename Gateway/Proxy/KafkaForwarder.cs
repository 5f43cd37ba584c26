using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using RigKafka.Apis;
using RigKafka.Auth;
using RigKafka.Http;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.Proxy;

/// <summary>Sends the body of a call to Kafka, and answers once Kafka has it.</summary>
internal sealed class KafkaForwarder(LogOptions log, OriginOptions origins, RecordWriter? writer = null)
{
    private static readonly byte[] Accepted = """{"message":"ok"}"""u8.ToArray();

    /// <summary>Tells a page of another origin that it may make the call.</summary>
    public Task AnswerPreflight(HttpContext context, string method)
    {
        Cors.Allow(context, origins);
        return Cors.AnswerPreflight(context, method);
    }

    public async Task Forward(Call call, KafkaTarget target)
    {
        var context = call.Context;
        Cors.Allow(context, origins);
        if (writer is null)
        {
            await context.AnswerUnavailable("Not stored: Kafka is off.");
            return;
        }

        if (!(context.Request.ContentLength > log.MessageMaxBytes))
        {
            // Where the length is known the connection may stay open: the server would close it if a longer body broke its limit.
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = log.MessageMaxBytes;
        }

        byte[]? body;
        try
        {
            body = await RequestBody.ReadAsSent(context.Request, log.MessageMaxBytes);
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            body = null;
        }
        catch (BadHttpRequestException bad)
        {
            await context.AnswerError(bad.StatusCode);
            return;
        }

        if (body is null)
        {
            await context.AnswerRefusedBody(StatusCodes.Status413PayloadTooLarge, log.MessageMaxBytes);
            return;
        }

        using var claims = Claims(target, call.Token);
        var key = target.Key is { } field && Text(field, context.Request, claims) is { } text ? Encoding.UTF8.GetBytes(text) : null;
        await Answer(context, await writer.Write(target.Topic, key, body, Headers(target, context, claims)));
    }

    private static List<KeyValuePair<string, string>> Headers(KafkaTarget target, HttpContext context, JsonDocument? claims)
    {
        var headers = new List<KeyValuePair<string, string>>();
        if (context.Request.Headers.ContentType is { Count: > 0 } type)
        {
            headers.Add(new("content-type", HeaderText.Read(type.ToString())));
        }

        headers.AddRange(RequestSpan.ToldBy(context));
        foreach (var (name, field) in target.Headers)
        {
            if (Text(field, context.Request, claims) is { } value)
            {
                headers.RemoveAll(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
                headers.Add(new(name, value));
            }
        }

        return headers;
    }

    private static string? Text(KafkaField field, HttpRequest request, JsonDocument? claims) => field.Source switch
    {
        KafkaFieldSource.Value => field.Name,
        KafkaFieldSource.Header => request.Headers.TryGetValue(field.Name, out var value) ? HeaderText.Read(value.ToString()) : null,
        _ => claims is not null && claims.RootElement.TryGetProperty(field.Name, out var claim) && claim.ValueKind is not JsonValueKind.Null
            ? claim.ToString()
            : null,
    };

    /// <summary>The claims of the token, which has been verified; null if the target takes nothing from them.</summary>
    private static JsonDocument? Claims(KafkaTarget target, string? token)
        => token is not null
        && (target.Key?.Source == KafkaFieldSource.Claim || target.Headers.Any(header => header.Value.Source == KafkaFieldSource.Claim))
        && TokenText.TryRead(token, out _, out var claims) is null
            ? JsonDocument.Parse(claims.GetRawText())
            : null;

    private static Task Answer(HttpContext context, AppendOutcome outcome) => outcome == AppendOutcome.Stored
        ? context.AnswerJson(StatusCodes.Status202Accepted, Accepted)
        : context.AnswerNotStored(
            outcome,
            notStored: "Not stored: Kafka cannot take the record now.",
            unknown: "Outcome unknown: Kafka may have the record; a repeated call may store it twice.");
}
