using Microsoft.Net.Http.Headers;

namespace RigKafka.Publishing;

/// <summary>Tells the kinds of content apart. A charset is taken for UTF-8, whatever it says, as the original did.</summary>
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
