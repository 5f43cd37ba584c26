using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>What librdkafka has and Confluent.Kafka does not offer. A test fails when a new version changes what this relies on.</summary>
internal static unsafe partial class Librdkafka
{
    private const string Library = "librdkafka";
    private const int PurgeQueued = 1;
    private const int PurgeInFlight = 2;
    private const int PurgeWithoutWaiting = 4;

    static Librdkafka() => NativeLibrary.SetDllImportResolver(typeof(Librdkafka).Assembly, (name, _, _) => name == Library ? Load() : 0);

    /// <summary>The queue of what a consumer has fetched. To be given back with <see cref="Leave"/>, before the consumer is disposed of.</summary>
    public static nint QueueOf(Handle consumer) => QueueOf(Native(consumer));

    /// <summary>Has a producer drop all messages that are not answered. It soon reports each, and the status says whether it may be stored.</summary>
    public static void Purge(Handle producer) => Purge(Native(producer), PurgeQueued | PurgeInFlight | PurgeWithoutWaiting);

    /// <summary>Takes messages from a queue, and calls the consumer's callbacks.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="waitMs">How long to wait until there are as many as there is room for.</param>
    /// <param name="messages">Where to put them. Each is to be given back with <see cref="Destroy"/>.</param>
    /// <param name="most">For how many there is room.</param>
    /// <returns>How many there were.</returns>
    [LibraryImport(Library, EntryPoint = "rd_kafka_consume_batch_queue")]
    public static partial nint Take(nint queue, int waitMs, Message** messages, nint most);

    [LibraryImport(Library, EntryPoint = "rd_kafka_message_destroy")]
    public static partial void Destroy(Message* message);

    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_destroy")]
    public static partial void Leave(nint queue);

    /// <summary>The value of a record's header, the last one of that name; empty where there is none. It is the record's.</summary>
    /// <param name="record">The record.</param>
    /// <param name="name">The name, with a zero at its end.</param>
    public static ReadOnlySpan<byte> Header(Message* record, ReadOnlySpan<byte> name)
    {
        nint headers;
        if (HeadersOf(record, &headers) != ErrorCode.NoError)
        {
            return default;
        }

        void* value;
        nint length;
        fixed (byte* text = name)
        {
            return LastOf(headers, text, &value, &length) == ErrorCode.NoError ? new ReadOnlySpan<byte>(value, (int)length) : default;
        }
    }

    /// <summary>When a record was put into the log, in milliseconds since the Unix epoch.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_message_timestamp")]
    [SuppressGCTransition]
    public static partial long Timestamp(Message* record, int* type);

    /// <summary>The text of an error, as UTF-8; it is the message's.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_message_errstr")]
    public static partial byte* Reason(Message* error);

    /// <summary>The name of a topic, as UTF-8; it is the topic's.</summary>
    [LibraryImport(Library, EntryPoint = "rd_kafka_topic_name")]
    [SuppressGCTransition]
    public static partial byte* NameOf(nint topic);

    [LibraryImport(Library, EntryPoint = "rd_kafka_message_headers")]
    private static partial ErrorCode HeadersOf(Message* record, nint* headers);

    [LibraryImport(Library, EntryPoint = "rd_kafka_header_get_last")]
    private static partial ErrorCode LastOf(nint headers, byte* name, void** value, nint* length);

    [LibraryImport(Library, EntryPoint = "rd_kafka_queue_get_consumer")]
    private static partial nint QueueOf(nint consumer);

    [LibraryImport(Library, EntryPoint = "rd_kafka_purge")]
    private static partial ErrorCode Purge(nint producer, int what);

    private static nint Native(Handle client) => ((SafeHandle)NativeHandle(client)).DangerousGetHandle();

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_LibrdkafkaHandle")]
    [return: UnsafeAccessorType("Confluent.Kafka.Impl.SafeKafkaHandle, Confluent.Kafka")]
    private static extern object NativeHandle(Handle client);

    /// <summary>The one that Confluent.Kafka has loaded: it has several for Linux, and takes the first that suits the system.</summary>
    private static nint Load()
    {
        using var process = Process.GetCurrentProcess();
        var loaded = process.Modules.Cast<ProcessModule>()
            .FirstOrDefault(module => module.ModuleName.Contains(Library, StringComparison.OrdinalIgnoreCase));
        return loaded is null ? NativeLibrary.Load(Library, typeof(Handle).Assembly, null) : NativeLibrary.Load(loaded.FileName);
    }

    /// <summary>The public part of librdkafka's <c>rd_kafka_message_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly record struct Message(
        ErrorCode Error, nint Topic, int Partition, nint Value, nint ValueLength, nint Key, nint KeyLength, long Offset);
}
