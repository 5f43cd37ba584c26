using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>
/// An entry as a record of a compacted topic. The key is the entry's, in UTF-8. The value starts with a line of text, so that any console
/// shows what it is: <c>rig1</c>, a space, the expiry in milliseconds since the Unix epoch or <c>never</c>. The entry's own bytes follow.
/// </summary>
internal static class TableRecord
{
    /// <summary>
    /// The header of a record that puts an entry back: when that was first written, in milliseconds since the Unix epoch.
    /// </summary>
    private const string WrittenHeader = "rig-written";

    /// <summary>The header of a record that removes only an entry that had expired by then.</summary>
    private const string ExpiredHeader = "rig-expired";

    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static ReadOnlySpan<byte> Form => "rig1 "u8;

    private static ReadOnlySpan<byte> Never => "never"u8;

    public static byte[] Key(string key) => Encoding.UTF8.GetBytes(key);

    public static byte[] Value(TableEntry entry)
    {
        var expires = entry.Expires == DateTimeOffset.MaxValue
            ? "never"
            : entry.Expires.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return [.. Form, .. Encoding.ASCII.GetBytes(expires), (byte)'\n', .. entry.Value];
    }

    public static Message<byte[], byte[]> Put(string key, TableEntry entry) => new() { Key = Key(key), Value = Value(entry) };

    public static Message<byte[], byte[]> Removal(string key) => new() { Key = Key(key), Value = null! };

    /// <summary>A removal that counts only where the entry had expired by then.</summary>
    public static Message<byte[], byte[]> Removal(string key, DateTimeOffset expiredBy) =>
        new() { Key = Key(key), Value = null!, Headers = Header(ExpiredHeader, expiredBy.ToUnixTimeMilliseconds()) };

    /// <summary>A record that counts only for nodes that know nothing newer.</summary>
    public static Message<byte[], byte[]> PutBack(string key, TableEntry? entry, long written) =>
        new() { Key = Key(key), Value = entry is { } there ? Value(there) : null!, Headers = Header(WrittenHeader, written) };

    /// <summary>What a record means that could be read.</summary>
    public static TableStep Step(TableChange change, Message<byte[]?, byte[]?> record)
    {
        var written = Number(record, WrittenHeader);
        var expiredBy = change.Entry is null ? Number(record, ExpiredHeader) : null;
        return new TableStep(
            change.Key,
            change.Entry,
            written ?? Math.Max(0, record.Timestamp.UnixTimestampMs),
            IsPutBack: written is not null,
            ExpiredBy: expiredBy is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null);
    }

    /// <summary>Null when the record could be read, else what is wrong with it.</summary>
    public static string? TryRead(byte[]? key, byte[]? value, out TableChange change)
    {
        change = default;
        if (key is null || !Utf8.IsValid(key))
        {
            return TableEntry.BadKey;
        }

        TableEntry? entry = null;
        if (value is not null)
        {
            if (!TryReadValue(value, out var found))
            {
                return TableEntry.BadValue;
            }

            entry = found;
        }

        change = new TableChange(Encoding.UTF8.GetString(key), entry);
        return null;
    }

    private static Headers Header(string name, long number) =>
        new() { { name, Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)) } };

    /// <summary>Null without such a header, or with one of another form.</summary>
    private static long? Number(Message<byte[]?, byte[]?> record, string name) =>
        record.Headers is { } headers && headers.TryGetLastBytes(name, out var text)
        && Utf8Parser.TryParse(text, out long number, out var read) && read == text.Length && number >= 0 && number <= Latest
            ? number
            : null;

    private static bool TryReadValue(ReadOnlySpan<byte> value, out TableEntry entry)
    {
        entry = default;
        var end = value.IndexOf((byte)'\n');
        if (!value.StartsWith(Form) || end < 0)
        {
            return false;
        }

        var text = value[Form.Length..end];
        var bytes = end + 1 == value.Length ? [] : value[(end + 1)..].ToArray();
        if (text.SequenceEqual(Never))
        {
            entry = new TableEntry(bytes, DateTimeOffset.MaxValue);
            return true;
        }

        if (!Utf8Parser.TryParse(text, out long expires, out var read) || read != text.Length || expires < 0 || expires > Latest)
        {
            return false;
        }

        entry = new TableEntry(bytes, DateTimeOffset.FromUnixTimeMilliseconds(expires));
        return true;
    }
}
