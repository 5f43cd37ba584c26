using System.Text.Encodings.Web;
using System.Text.Json;
using RigKafka.Channels;
using RigKafka.Connections;

namespace RigKafka.Transports;

/// <summary>Channel messages as members of a JSON array, each after a comma: objects in version 1, texts of an array in version 2. Polls are their own sign of life.</summary>
internal sealed class LongPollFormat : WireFormat
{
    public static readonly LongPollFormat V1 = new(ChannelCodec.V1, static message => [(byte)',', .. message]);
    public static readonly LongPollFormat V2 = new(ChannelCodec.V2, static message => [.. ",\""u8, .. JsonEncodedText.Encode(message, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"']);

    private LongPollFormat(ChannelCodec version, Func<byte[], byte[]> wrap) => (Version, Wrap) = (version, wrap);

    public ChannelCodec Version { get; }

    /// <summary>Makes a member of the array from a message.</summary>
    public Func<byte[], byte[]> Wrap { get; }

    public override bool IsByTopic => true;

    public override byte[] Encode(Event pushed) => Wrap(Version.Event(pushed.Topic, pushed.Name, pushed.Payload.Span));

    public override byte[] Heartbeat(ReadOnlySpan<byte> id) => [];

    public override byte[] TokenExpiring(long expiresAt, IReadOnlyList<string> topics) =>
        [.. topics.SelectMany(topic => Wrap(Version.Event(topic, ExpiryNotice.Event, ExpiryNotice.Payload(expiresAt))))];

    public override byte[] Closing(CloseReason reason, IReadOnlyList<string> topics) =>
        [.. topics.SelectMany(topic => Wrap(Version.Event(topic, ClosingNotice.Event, ClosingNotice.Payload(reason))))];
}
