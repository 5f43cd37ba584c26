using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RigKafka.Messages;

/// <summary>
/// JSON as the gateway writes it: nothing is escaped for the sake of HTML, so that letters of any script stay as they are.
/// </summary>
internal static class RelaxedJson
{
    /// <summary>For what the framework's serializer writes.</summary>
    public static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The bytes of what <paramref name="write"/> writes.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> write) => Write(write, static (json, write) => write(json));

    /// <summary>The same without a closure.</summary>
    public static byte[] Write<TState>(TState state, Action<Utf8JsonWriter, TState> write)
        where TState : allows ref struct
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            write(json, state);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A text as a JSON string, with its quotes.</summary>
    public static string Quote(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    /// <summary>The same in UTF-8, with what stands in front of it.</summary>
    public static byte[] Quote(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text) =>
        [.. before, (byte)'"', .. JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];
}
