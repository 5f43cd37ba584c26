using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using RigKafka.Log;

namespace RigKafka.Http;

/// <summary>
/// The two shapes of an answer that clients of the original know: bare text without a content type, and an error as JSON.
/// </summary>
internal static class HttpAnswers
{
    private const string Json = "application/json; charset=utf-8";

    private static readonly byte[] NoRoute = """{"message":"Route is not available"}"""u8.ToArray();
    private static readonly byte[] BadRequest = """{"errors":{"detail":"Bad request"}}"""u8.ToArray();
    private static readonly byte[] Unauthorized = """{"errors":{"detail":"Unauthorized"}}"""u8.ToArray();
    private static readonly byte[] NotFound = """{"errors":{"detail":"Not found"}}"""u8.ToArray();
    private static readonly byte[] ServerError = """{"errors":{"detail":"Internal server error"}}"""u8.ToArray();

    public static Task AnswerBare(this HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentLength = body.Length;
        if (status >= StatusCodes.Status400BadRequest && IsClosedAfterwards(context, status))
        {
            response.Headers.Connection = "close";
        }

        return response.Body.WriteAsync(body).AsTask();
    }

    public static Task AnswerBare(this HttpContext context, int status, string body) =>
        context.AnswerBare(status, Encoding.UTF8.GetBytes(body));

    /// <summary>
    /// Whether the server closes the connection of HTTP/1 after the answer: it reads no more of a body than its limit. A client that is not
    /// told fails with its next request.
    /// </summary>
    private static bool IsClosedAfterwards(HttpContext context, int status)
    {
        var length = context.Request.ContentLength ?? (status == StatusCodes.Status413PayloadTooLarge ? long.MaxValue : 0);
        return length > context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize
            && HttpProtocol.IsHttp11(context.Request.Protocol);
    }

    /// <summary>Has the connection end with this answer, so that the client's next request may come to another node.</summary>
    public static void EndConnection(this HttpContext context) => context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();

    /// <summary>Answers that there is nothing at this path, as the original does on the external port.</summary>
    public static Task AnswerNoRoute(this HttpContext context)
    {
        RequestId.Set(context);
        context.Response.Headers.CacheControl = ApiMiddleware.NotCached;
        return context.AnswerBare(StatusCodes.Status404NotFound, NoRoute);
    }

    /// <summary>Answers with the words that the status always has.</summary>
    public static Task AnswerError(this HttpContext context, int status) => context.AnswerJson(status, status switch
    {
        StatusCodes.Status401Unauthorized => Unauthorized,
        StatusCodes.Status404NotFound => NotFound,
        < 500 => BadRequest,
        _ => ServerError,
    });

    /// <summary>Answers with JSON.</summary>
    public static Task AnswerJson(this HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        context.Response.ContentType = Json;
        return context.AnswerBare(status, json);
    }

    public static Task AnswerError(this HttpContext context, int status, string detail)
        => context.AnswerJson(status, Encoding.UTF8.GetBytes($$$"""{"errors":{"detail":"{{{JsonEncodedText.Encode(detail)}}}"}}"""));

    /// <summary>Answers with 503, and says that another try may do better.</summary>
    public static Task AnswerUnavailable(this HttpContext context, string detail)
    {
        context.Response.SetRetryAfter();
        return context.AnswerError(StatusCodes.Status503ServiceUnavailable, detail);
    }

    /// <summary>Says after how many seconds another try may do better (RFC 9110, section 10.2.3).</summary>
    public static void SetRetryAfter(this HttpResponse response, int seconds = 1)
        => response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>Answers a client whose message, record or entry is not stored, or may not be.</summary>
    /// <param name="context">The request.</param>
    /// <param name="outcome">Any but <see cref="AppendOutcome.Stored"/>.</param>
    /// <param name="notStored">What the client reads when it is not stored, and another try may do better.</param>
    /// <param name="unknown">What it reads when nobody knows.</param>
    /// <param name="tooLarge">What it reads when it is too large; the usual words when null.</param>
    public static Task AnswerNotStored(
        this HttpContext context, AppendOutcome outcome, string notStored, string unknown, string? tooLarge = null)
        => outcome switch
        {
            AppendOutcome.TooLarge when tooLarge is null => context.AnswerError(StatusCodes.Status413PayloadTooLarge),
            AppendOutcome.TooLarge => context.AnswerError(StatusCodes.Status413PayloadTooLarge, tooLarge),
            AppendOutcome.NotStored => context.AnswerUnavailable(notStored),
            _ => context.AnswerUnavailable(unknown),
        };
}
