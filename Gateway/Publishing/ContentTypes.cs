using Microsoft.Net.Http.Headers;

namespace RigKafka.Publishing;

/// <summary>Reads the content type of a POST. As in the original, every charset is taken for UTF-8.</summary>
internal static class ContentTypes
{
    private const string Json = "application/json";

    public static ContentKind KindOf(string? contentType)
    {
        if (string.Equals(contentType, Json, StringComparison.OrdinalIgnoreCase))
        {
            return ContentKind.Json;
        }

        return MediaTypeHeaderValue.TryParse(contentType, out var mediaType) ? KindOf(mediaType) : ContentKind.None;
    }

    private static ContentKind KindOf(MediaTypeHeaderValue mediaType)
    {
        var isApplication = mediaType.Type.Equals("application", StringComparison.OrdinalIgnoreCase);
        var isMultipart = mediaType.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase);
        return mediaType.SubType.Value?.ToLowerInvariant() switch
        {
            "json" when isApplication => ContentKind.Json,
            "x-www-form-urlencoded" when isApplication => ContentKind.Form,
            "form-data" or "mixed" when isMultipart => ContentKind.Multipart,
            { } subType when isApplication && subType.EndsWith("+json", StringComparison.Ordinal) => ContentKind.Json,
            _ => ContentKind.Unsupported,
        };
    }
}

/// <summary>How the body of a POST is read.</summary>
internal enum ContentKind
{
    /// <summary>There is no content type, or it cannot be read: the body is ignored.</summary>
    None,
    Json,
    Form,
    Multipart,
    Unsupported,
}
