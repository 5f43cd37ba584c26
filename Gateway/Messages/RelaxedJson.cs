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

    /// <summary>What this thread writes with: it writes something for each client that comes.</summary>
    [ThreadStatic]
    private static Scratch? _scratch;

    /// <summary>The bytes of what <paramref name="write"/> writes.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> write) => Write(write, static (json, write) => write(json));

    /// <summary>The same without a closure.</summary>
    public static byte[] Write<TState>(TState state, Action<Utf8JsonWriter, TState> write)
        where TState : allows ref struct
    {
        // Not there for what is written in the middle of something else.
        var scratch = _scratch ?? new Scratch();
        _scratch = null;
        write(scratch.Json, state);
        var written = scratch.Take();
        _scratch = scratch;
        return written;
    }

    /// <summary>A text as a JSON string, with its quotes.</summary>
    public static string Quote(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    /// <summary>The same in UTF-8, with what stands in front of it.</summary>
    public static byte[] Quote(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text) =>
        [.. before, (byte)'"', .. JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];

    private sealed class Scratch
    {
        /// <summary>A larger buffer is not kept.</summary>
        private const int Most = 64 * 1024;

        private ArrayBufferWriter<byte> _buffer = new(256);

        public Scratch() => Json = new Utf8JsonWriter(_buffer, WriterOptions);

        public Utf8JsonWriter Json { get; }

        /// <summary>What was written, and begins anew.</summary>
        public byte[] Take()
        {
            Json.Flush();
            var written = _buffer.WrittenSpan.ToArray();
            _buffer.ResetWrittenCount();
            _buffer = _buffer.Capacity > Most ? new ArrayBufferWriter<byte>(256) : _buffer;
            Json.Reset(_buffer);
            return written;
        }
    }
}
