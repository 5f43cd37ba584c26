using System.Runtime.InteropServices;
using RigKafka.Messages;

namespace RigKafka.Log;

/// <summary>The value of a record, for interfaces that want an array.</summary>
internal static class ValueBytes
{
    /// <summary>The array that the message was parsed from, where the message is all of it; else a copy. It never changes.</summary>
    public static byte[] Of(Message message) =>
        MemoryMarshal.TryGetArray(message.Json, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : message.Json.ToArray();
}
