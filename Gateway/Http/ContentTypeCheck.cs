using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace RigKafka.Http;

/// <summary>
/// Asks for a content type where there is a body. A web page of any origin may send a body without one, and no browser asks us before.
/// </summary>
internal static class ContentTypeCheck
{
    private const string Missing = "Bad request: a body needs a content type.";

    /// <summary>The mark of an endpoint that does not look at a body without a content type.</summary>
    public static readonly object Ignored = new IgnoredBody();

    public static async Task Invoke(HttpContext context, RequestDelegate next)
    {
        if (string.IsNullOrWhiteSpace(context.Request.ContentType)
            && context.GetEndpoint()?.Metadata.GetMetadata<IgnoredBody>() is null
            && await HasBody(context))
        {
            await context.AnswerError(StatusCodes.Status415UnsupportedMediaType, Missing);
            return;
        }

        await next(context);
    }

    private static ValueTask<bool> HasBody(HttpContext context) => context.Request.ContentLength is { } length
        ? new(length > 0)
        : context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
        ? BodyWait.For(context, Begins(context.Request.BodyReader))
        : new(false);

    /// <summary>A chunked body may turn out to be empty. What is looked at here is there for the endpoint still.</summary>
    private static async ValueTask<bool> Begins(PipeReader body)
    {
        var read = await body.ReadAsync();
        body.AdvanceTo(read.Buffer.Start);
        return !read.Buffer.IsEmpty;
    }

    private sealed class IgnoredBody;
}
