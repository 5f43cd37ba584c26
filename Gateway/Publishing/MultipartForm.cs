using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace RigKafka.Publishing;

/// <summary>Takes the named parts of a multipart body as pairs, in their order.</summary>
internal static class MultipartForm
{
    /// <summary>RFC 2046, section 5.1.1.</summary>
    private const int MaxBoundary = 70;

    /// <summary>False if the body is not what its content type says, or if it holds a file, which a message cannot hold.</summary>
    public static async ValueTask<bool> TryDecode(string? contentType, byte[] body, List<KeyValuePair<string, string?>> pairs)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(contentType).Boundary);
        if (boundary.Length is 0 or > MaxBoundary)
        {
            return false;
        }

        var reader = new MultipartReader(boundary.ToString(), new MemoryStream(body));
        try
        {
            while (await reader.ReadNextSectionAsync() is { } section)
            {
                if (!await TryTake(section, pairs))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception malformed) when (malformed is IOException or InvalidDataException)
        {
            return false;
        }
    }

    private static async ValueTask<bool> TryTake(MultipartSection section, List<KeyValuePair<string, string?>> pairs)
    {
        var disposition = section.GetContentDispositionHeader();
        var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? StringSegment.Empty);
        if (disposition is null || name.Length == 0)
        {
            return true;
        }

        if (disposition.FileName.HasValue || disposition.FileNameStar.HasValue)
        {
            // A browser sends an empty file field with an empty file name.
            return HeaderUtilities.RemoveQuotes(disposition.FileName).Length == 0 && !disposition.FileNameStar.HasValue;
        }

        var value = new MemoryStream();
        await section.Body.CopyToAsync(value);
        var utf8 = value.GetBuffer().AsSpan(0, (int)value.Length);
        if (!Utf8.IsValid(utf8))
        {
            return false;
        }

        pairs.Add(new(name.ToString(), Encoding.UTF8.GetString(utf8)));
        return true;
    }
}
