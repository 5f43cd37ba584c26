using System.Text;
using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Channels;

/// <summary>How the Phoenix channel protocol is written as JSON: version 1 in objects, version 2 in arrays.</summary>
internal abstract class FrameVersion
{
    public static readonly FrameVersion V1 = new FrameVersion1();
    public static readonly FrameVersion V2 = new FrameVersion2();

    /// <summary>How many bytes a reference may have, quotes aside.</summary>
    private const int LongestReference = 128;

    /// <summary>The most levels that a client's frame may be nested.</summary>
    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 64 };

    /// <summary>An event for all listeners of a topic.</summary>
    public abstract byte[] Event(string topic, string name, ReadOnlySpan<byte> payload);

    /// <summary>The answer to a client's frame.</summary>
    /// <param name="joinRef">The reference of the join as JSON, null where nothing is joined.</param>
    /// <param name="reference">The reference of the frame that is answered, as JSON.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="isOk">The status, <c>ok</c> or <c>error</c>.</param>
    /// <param name="response">The response as JSON.</param>
    public abstract byte[] Reply(string? joinRef, string? reference, string topic, bool isOk, string response);

    /// <summary>The channel of a join has ended.</summary>
    /// <param name="joinRef">The reference of the join, as JSON.</param>
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
            // The second is for a string that is not UTF-8.
            return null;
        }
    }

    protected abstract ClientFrame? Read(JsonElement frame);

    /// <summary>A reference as it came: text, a number or null. Clients count in either, and know their own by its form.</summary>
    protected static bool TryGetReference(JsonElement element, out string? json)
    {
        json = element.ValueKind == JsonValueKind.Null ? null : element.GetRawText();
        return element.ValueKind switch
        {
            JsonValueKind.Null => true,
            JsonValueKind.Number => json!.Length <= LongestReference,
            JsonValueKind.String => element.Text() is not null && Encoding.UTF8.GetByteCount(json.AsSpan(1..^1)) <= LongestReference,
            _ => false,
        };
    }

    protected static void WriteReference(Utf8JsonWriter writer, string? json)
    {
        if (json is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteRawValue(json, skipInputValidation: true);
        }
    }

    protected static byte[] Bytes(JsonElement payload) => Encoding.UTF8.GetBytes(payload.GetRawText());

    protected static string Status(bool isOk) => isOk ? "ok" : "error";
}
