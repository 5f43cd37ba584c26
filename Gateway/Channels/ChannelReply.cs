using System.Text.Encodings.Web;
using System.Text.Json;

namespace RigKafka.Channels;

/// <summary>The answer to a join as the Phoenix channel protocol has it: the whole envelope, in the field order of the original.</summary>
internal static class ChannelReply
{
    public const string EventName = "phx_reply";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="topic">The topic that was to be joined.</param>
    /// <param name="isOk">Whether it was joined.</param>
    /// <param name="response">The JSON of the member <c>response</c>.</param>
    public static byte[] Envelope(string topic, bool isOk, string response)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("topic", topic);
            json.WriteNull("ref");
            json.WriteStartObject("payload");
            json.WriteString("status", isOk ? "ok" : "error");
            json.WritePropertyName("response");
            json.WriteRawValue(response);
            json.WriteEndObject();
            json.WriteNull("join_ref");
            json.WriteString("event", EventName);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
