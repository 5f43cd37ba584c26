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

/// <summary>Makes a record of a call's body, and answers once Kafka has it.</summary>
internal sealed class RecordEndpoint(LogOptions log, OriginOptions origins, RecordWriter? writer = null)
{
    private static readonly byte[] Accepted = """{"message":"ok"}"""u8.ToArray();

    /// <summary>Tells a page of another origin that it may make the call.</summary>
    public Task AnswerPreflight(HttpContext context, string method)
    {
        Cors.Allow(context, origins);
        return Cors.AnswerPreflight(context, method);
    }

    public async Task Handle(HttpContext context, RecordTarget target, CallToken? token)
    {
        Cors.Allow(context, origins);
        if (writer is null)
        {
            await context.AnswerUnavailable("Not stored: Kafka is off.");
            return;
        }

        if (context.Request.ContentLength > log.MessageMaxBytes)
        {
            await context.AnswerError(StatusCodes.Status413PayloadTooLarge);
            return;
        }

        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = log.MessageMaxBytes;
        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (BadHttpRequestException bad)
        {
            await context.AnswerError(bad.StatusCode);
            return;
        }

        using var claims = Claims(target, token);
        var key = target.Key is { } field && Text(field, context.Request, claims) is { } text ? Encoding.UTF8.GetBytes(text) : null;
        await Answer(context, await writer.Write(target.Topic, key, body.ToArray(), Headers(target, context, claims)));
    }

    private static List<KeyValuePair<string, string>> Headers(RecordTarget target, HttpContext context, JsonDocument? claims)
    {
        var headers = new List<KeyValuePair<string, string>>();
        if (context.Request.Headers.ContentType is { Count: > 0 } type)
        {
            headers.Add(new("content-type", HeaderText.Read(type.ToString())));
        }

        headers.AddRange(TraceContext.Of(context));
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

    private static string? Text(RecordField field, HttpRequest request, JsonDocument? claims) => field.Source switch
    {
        RecordFieldSource.Value => field.Name,
        RecordFieldSource.Header => request.Headers.TryGetValue(field.Name, out var value) ? HeaderText.Read(value.ToString()) : null,
        _ => claims is not null && claims.RootElement.TryGetProperty(field.Name, out var claim) && claim.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? claim.ToString() : null,
    };

    /// <summary>The token has been verified, so that what it says is so.</summary>
    private static JsonDocument? Claims(RecordTarget target, CallToken? token)
        => token is not null
        && (target.Key?.Source == RecordFieldSource.Claim || target.Headers.Any(header => header.Value.Source == RecordFieldSource.Claim))
        && TokenText.TryRead(token.Text, out _, out var claims) is null
            ? JsonDocument.Parse(claims.GetRawText())
            : null;

    private static Task Answer(HttpContext context, AppendOutcome outcome)
    {
        switch (outcome)
        {
            case AppendOutcome.Stored:
                return context.AnswerJson(StatusCodes.Status202Accepted, Accepted);
            case AppendOutcome.TooLarge:
                return context.AnswerError(StatusCodes.Status413PayloadTooLarge);
            case AppendOutcome.NotStored:
                return context.AnswerUnavailable("Not stored: Kafka cannot take the record now.");
            default:
                return context.AnswerUnavailable("Outcome unknown: Kafka may have the record; a repeated call may store it twice.");
        }
    }
}
