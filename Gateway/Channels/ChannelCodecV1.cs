using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Channels;

/// <summary>Version 1: objects with the members that the original had, and in its order.</summary>
internal sealed class ChannelCodecV1 : ChannelCodec
{
    public override byte[] Event(string topic, string name, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> id = default) =>
        RelaxedJson.Write(new EventState(topic, name, payload, id), static (json, state) =>
        {
            json.WriteStartObject();
            json.WriteString("topic", state.Topic);
            json.WritePropertyName("ref");
            WriteId(json, state.Id);
            json.WritePropertyName("payload");
            json.WriteRawValue(state.Payload, skipInputValidation: true);
            json.WriteString("event", state.Name);
            json.WriteEndObject();
        });

    public override byte[] Reply(string? joinRef, string? reference, string topic, bool isOk, string response) =>
        RelaxedJson.Write((reference, topic, isOk, response), static (json, state) =>
        {
            json.WriteStartObject();
            json.WriteString("topic", state.topic);
            json.WritePropertyName("ref");
            WriteReference(json, state.reference);
            json.WriteStartObject("payload");
            json.WriteString("status", Status(state.isOk));
            json.WritePropertyName("response");
            json.WriteRawValue(state.response);
            json.WriteEndObject();
            json.WriteNull("join_ref");
            json.WriteString("event", ClientFrame.Reply);
            json.WriteEndObject();
        });

    protected override byte[] End(string name, string? joinRef, string topic, string payload) =>
        RelaxedJson.Write((name, joinRef, topic, payload), static (json, state) =>
        {
            json.WriteStartObject();
            json.WriteString("topic", state.topic);
            json.WritePropertyName("ref");
            WriteReference(json, state.joinRef);
            json.WritePropertyName("payload");
            json.WriteRawValue(state.payload);
            json.WriteString("event", state.name);
            json.WriteEndObject();
        });

    protected override ClientFrame? Read(JsonElement frame) =>
        frame.Text("topic") is { } topic
        && frame.Text("event") is { } name
        && frame.TryGetMember("payload", out var payload)
        && frame.TryGetMember("ref", out var reference) && TryGetReference(reference, out var json)
            ? new ClientFrame(null, json, topic, name, Bytes(payload))
            : null;

    private readonly ref struct EventState(string topic, string name, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> id)
    {
        public string Topic { get; } = topic;

        public string Name { get; } = name;

        public ReadOnlySpan<byte> Payload { get; } = payload;

        public ReadOnlySpan<byte> Id { get; } = id;
    }
}
