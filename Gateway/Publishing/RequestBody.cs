using System.Buffers;

namespace RigKafka.Publishing;

/// <summary>Reads a body into an array of its own, which a message may then keep. When the client breaks off, the server ends the read.</summary>
internal static class RequestBody
{
    private const int FirstBuffer = 4096;

    /// <summary>The body; null when it is longer than the limit.</summary>
    public static async ValueTask<byte[]?> Read(HttpRequest request, int limit)
    {
        if (request.ContentLength is not { } length)
        {
            return await ReadChunked(request, limit);
        }

        if (length > limit)
        {
            return null;
        }

        var body = GC.AllocateUninitializedArray<byte>((int)length);
        await request.Body.ReadExactlyAsync(body);
        return body;
    }

    private static async ValueTask<byte[]?> ReadChunked(HttpRequest request, int limit)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var length = 0;
            while (true)
            {
                var read = await request.Body.ReadAsync(buffer.AsMemory(length));
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
