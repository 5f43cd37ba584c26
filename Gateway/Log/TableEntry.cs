namespace RigKafka.Log;

/// <summary>What a table holds under a key.</summary>
/// <param name="Value">The bytes. They never change.</param>
/// <param name="Expires">From when on nobody sees it any more; <see cref="DateTimeOffset.MaxValue"/> for never. It has a precision of milliseconds.</param>
internal readonly record struct TableEntry(byte[] Value, DateTimeOffset Expires);
