using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RigKafka.Channels;

/// <summary>How the Phoenix channel protocol is written as JSON: version 1 in objects, version 2 in arrays.</summary>
internal abstract class FrameVersion
{
    public static readonly FrameVersion V1 = new FrameVersion1();
    public static readonly FrameVersion V2 = new FrameVersion2();

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The most levels that a client's frame may be nested.</summary>
    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 64 };

    /// <summary>An event for all listeners of a topic.</summary>
    public abstract byte[] Event(string topic, string name, ReadOnlySpan<byte> payload);

    /// <summary>The answer to a client's frame.</summary>
    /// <param name="joinRef">The reference of the join, null where nothing is joined.</param>
    /// <param name="reference">The reference of the frame that is answered.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="isOk">The status, <c>ok</c> or <c>error</c>.</param>
    /// <param name="response">The response as JSON.</param>
    public abstract byte[] Reply(string? joinRef, string? reference, string topic, bool isOk, string response);

    /// <summary>The channel of a join has ended.</summary>
    /// <param name="joinRef">The reference of the join.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="payload">Why, as JSON, where the client did not ask for it.</param>
    public abstract byte[] Closed(string? joinRef, string topic, string payload = "{}");

    /// <summary>Reads a client's frame. Null for anything that is none.</summary>
    public ClientFrame? Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, Limits);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is for a string with half a surrogate pair.
            return null;
        }
    }

    protected abstract ClientFrame? Read(JsonElement frame);

    protected static byte[] Write<TState>(TState state, Action<Utf8JsonWriter, TState> write)
        where TState : allows ref struct
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            write(json, state);
        }

        return buffer.WrittenSpan.ToArray();
    }

    protected static bool TryGetText(JsonElement element, bool mayBeNull, out string? text)
    {
        text = element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        return text is not null || (mayBeNull && element.ValueKind == JsonValueKind.Null);
    }

    protected static byte[] Bytes(JsonElement payload) => Encoding.UTF8.GetBytes(payload.GetRawText());

    protected static string Status(bool isOk) => isOk ? "ok" : "error";
}
