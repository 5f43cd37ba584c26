using System.Text;
using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Channels;

/// <summary>Version 2: arrays of join reference, reference, topic, event and payload.</summary>
internal sealed class ChannelCodecV2 : ChannelCodec
{
    private const int Members = 5;

    public override byte[] Event(string topic, string name, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> id = default) =>
        Frame(null, id.IsEmpty ? null : $"\"{Encoding.ASCII.GetString(id)}\"", topic, name, payload);

    public override byte[] Reply(string? joinRef, string? reference, string topic, bool isOk, string response) =>
        Frame(joinRef, reference, topic, ClientFrame.Reply, Utf8($$"""{"status":"{{Status(isOk)}}","response":{{response}}}"""));

    protected override byte[] End(string name, string? joinRef, string topic, string payload) =>
        Frame(joinRef, joinRef, topic, name, Utf8(payload));

    protected override ClientFrame? Read(JsonElement frame) =>
        frame.ValueKind == JsonValueKind.Array && frame.GetArrayLength() >= Members
        && TryGetReference(frame[0], out var joinRef)
        && TryGetReference(frame[1], out var reference)
        && frame[2].Text() is { } topic
        && frame[3].Text() is { } name
            ? new ClientFrame(joinRef, reference, topic, name, Bytes(frame[4]))
            : null;

    private static byte[] Utf8(string json) => Encoding.UTF8.GetBytes(json);

    private static byte[] Frame(string? joinRef, string? reference, string topic, string name, ReadOnlySpan<byte> payload) =>
        RelaxedJson.Write(new FrameState(joinRef, reference, topic, name, payload), static (json, state) =>
        {
            json.WriteStartArray();
            WriteReference(json, state.JoinRef);
            WriteReference(json, state.Reference);
            json.WriteStringValue(state.Topic);
            json.WriteStringValue(state.Name);
            json.WriteRawValue(state.Payload, skipInputValidation: true);
            json.WriteEndArray();
        });

    private readonly ref struct FrameState(string? joinRef, string? reference, string topic, string name, ReadOnlySpan<byte> payload)
    {
        public string? JoinRef { get; } = joinRef;

        public string? Reference { get; } = reference;

        public string Topic { get; } = topic;

        public string Name { get; } = name;

        public ReadOnlySpan<byte> Payload { get; } = payload;
    }
}
