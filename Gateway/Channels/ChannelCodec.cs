using System.Text;
using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Channels;

/// <summary>One message of a client in the Phoenix channel protocol.</summary>
/// <param name="JoinRef">The reference of the join it belongs to, as the client says, as JSON; null in version 1.</param>
/// <param name="Ref">The client's reference as JSON, which the reply repeats; null asks for no reply to match.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Event">The event's name.</param>
/// <param name="Payload">The payload as JSON.</param>
internal sealed record ClientFrame(string? JoinRef, string? Ref, string Topic, string Event, ReadOnlyMemory<byte> Payload)
{
    public const string Join = "phx_join";
    public const string Leave = "phx_leave";
    public const string Reply = "phx_reply";
    public const string Closed = "phx_close";
    public const string Failed = "phx_error";
    public const string Heartbeat = "heartbeat";

    /// <summary>The client shows another token, under the same name in the payload, to go on with.</summary>
    public const string AccessToken = "access_token";

    /// <summary>The topic of the socket itself.</summary>
    public const string SocketTopic = "phoenix";

    /// <summary>The member of a join's payload that names the id from which the client goes on; empty asks for ids from now on.</summary>
    public const string Since = "since";

    /// <summary>A text in the payload; null when there is none.</summary>
    public string? Text(string member)
    {
        using var payload = JsonDocument.Parse(Payload);
        return payload.RootElement.Text(member);
    }
}

/// <summary>How the Phoenix channel protocol is written as JSON: version 1 in objects, version 2 in arrays.</summary>
internal abstract class ChannelCodec
{
    public static readonly ChannelCodec V1 = new ChannelCodecV1();
    public static readonly ChannelCodec V2 = new ChannelCodecV2();

    /// <summary>How many bytes a reference may have, quotes aside.</summary>
    private const int LongestReference = 128;

    /// <summary>The most levels that a client's frame may be nested.</summary>
    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 64 };

    /// <summary>
    /// The version that a request asks for by <c>vsn</c>: 1 if it names none; null for one that is neither 1.0.x nor 2.0.x.
    /// </summary>
    public static ChannelCodec? Of(IQueryCollection query) => query["vsn"] switch
    {
        [] or [.., null or ""] => V1,
        [.., var vsn] => Version.TryParse(vsn, out var version) ? version switch
        {
            { Major: 1, Minor: 0 } => V1,
            { Major: 2, Minor: 0 } => V2,
            _ => null,
        }
        : null,
    };

    /// <summary>An event for all listeners of a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="name">The event's name.</param>
    /// <param name="payload">The payload as JSON.</param>
    /// <param name="id">The event's id, which takes the place of a reference; nothing for clients that did not ask for ids.</param>
    public abstract byte[] Event(string topic, string name, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> id = default);

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
    public byte[] Closed(string? joinRef, string topic, string payload = "{}") => End(ClientFrame.Closed, joinRef, topic, payload);

    /// <summary>The channel of a join has failed, and its client joins again after a while.</summary>
    /// <param name="joinRef">The reference of the join, as JSON.</param>
    /// <param name="topic">The topic.</param>
    public byte[] Failed(string? joinRef, string topic) => End(ClientFrame.Failed, joinRef, topic, "{}");

    /// <summary>Reads a client's frame. Null for anything else.</summary>
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

    protected abstract byte[] End(string name, string? joinRef, string topic, string payload);

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

    protected static void WriteId(Utf8JsonWriter writer, ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteStringValue(id);
        }
    }

    protected static byte[] Bytes(JsonElement payload) => Encoding.UTF8.GetBytes(payload.GetRawText());

    protected static string Status(bool isOk) => isOk ? "ok" : "error";
}
