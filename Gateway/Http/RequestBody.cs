using System.Buffers;
using System.IO.Compression;

namespace RigKafka.Http;

/// <summary>
/// Reads a body whole into an array of its own, which the caller may keep. When the client breaks off, the server ends the read.
/// </summary>
internal static class RequestBody
{
    private const int FirstBuffer = 4096;
    private const string Gzip = "gzip";

    /// <summary>A body that breaks off is refused then, which would be taken for one that ends there.</summary>
    private const string StrictDecompression = "System.IO.Compression.UseStrictValidation";

    static RequestBody() => AppContext.SetSwitch(StrictDecompression, true);

    /// <summary>
    /// The body, decompressed; or the status that says why there is none: longer than the limit, no gzip though it says so, or compressed
    /// in another way.
    /// </summary>
    public static async ValueTask<(byte[]? Body, int Refusal)> Read(HttpRequest request, int limit)
    {
        var codings = Codings(request);
        if (codings is not ([] or [Gzip or "x-gzip"]))
        {
            return (null, StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            var body = await BodyWait.For(request.HttpContext, codings is [] ? ReadPlain(request, limit) : Decompress(request, limit));
            return body is null ? (null, StatusCodes.Status413PayloadTooLarge) : (body, 0);
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            // The server's own limit, for what is compressed: a body may be long and hold next to nothing.
            return (null, StatusCodes.Status413PayloadTooLarge);
        }
        catch (InvalidDataException)
        {
            return (null, StatusCodes.Status400BadRequest);
        }
    }

    /// <summary>The body, decompressed; null where it was refused, which has then been answered.</summary>
    public static async ValueTask<byte[]?> ReadBodyOrAnswer(this HttpContext context, int limit)
    {
        var (body, refusal) = await Read(context.Request, limit);
        if (body is null)
        {
            await context.AnswerRefusedBody(refusal, limit);
        }

        return body;
    }

    /// <summary>
    /// The body as it was sent, compressed or not; null when it is longer than the limit. It takes memory only as it comes: any client may
    /// announce a length.
    /// </summary>
    public static async ValueTask<byte[]?> ReadAsSent(HttpRequest request, int limit)
        => request.ContentLength > limit ? null : await BodyWait.For(request.HttpContext, ReadToEnd(request.Body, limit));

    /// <summary>Answers with what <see cref="Read"/> gave instead of a body.</summary>
    public static Task AnswerRefusedBody(this HttpContext context, int refusal, int limit)
    {
        if (refusal == StatusCodes.Status415UnsupportedMediaType)
        {
            // What would do (RFC 9110, section 12.5.3).
            context.Response.Headers.AcceptEncoding = Gzip;
        }

        return context.AnswerError(refusal, refusal switch
        {
            StatusCodes.Status415UnsupportedMediaType => "Bad request: expected a body that is not compressed, or with gzip.",
            StatusCodes.Status413PayloadTooLarge => $"Bad request: expected a body of at most {limit} bytes.",
            _ => "Bad request: the body is not gzip, or breaks off, though its content-encoding says gzip.",
        });
    }

    private static string[] Codings(HttpRequest request) =>
    [
        .. from line in request.Headers.ContentEncoding
           from coding in (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
           where !coding.Equals("identity", StringComparison.OrdinalIgnoreCase)
           select coding.ToLowerInvariant(),
    ];

    private static async ValueTask<byte[]?> Decompress(HttpRequest request, int limit)
    {
        await using var plain = new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true);
        return await ReadToEnd(plain, limit);
    }

    private static async ValueTask<byte[]?> ReadPlain(HttpRequest request, int limit)
    {
        if (request.ContentLength is not { } length)
        {
            return await ReadToEnd(request.Body, limit);
        }

        if (length > limit)
        {
            return null;
        }

        var body = GC.AllocateUninitializedArray<byte>((int)length);
        await request.Body.ReadExactlyAsync(body);
        return body;
    }

    private static async ValueTask<byte[]?> ReadToEnd(Stream body, int limit)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var length = 0;
            while (true)
            {
                var read = await body.ReadAsync(buffer.AsMemory(length));
                length += read;
                if (length > limit)
                {
                    return null;
                }

                if (read == 0)
                {
                    return buffer.AsSpan(0, length).ToArray();
                }

                buffer = length < buffer.Length ? buffer : Grow(buffer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
