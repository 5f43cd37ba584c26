using System.Text;
using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.Tests.Kafka;

internal sealed class TableRecordTests
{
    private static readonly byte[] Key = [.. "key"u8];

    [Test]
    public void Value_IsALineThatAnyConsoleShows_AndTheBytes()
    {
        Assert.That(Encoding.UTF8.GetString(TableRecord.Value(new TableEntry([.. "text"u8], DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123)))), Is.EqualTo("rig1 1800000000123\ntext"));
        Assert.That(Encoding.UTF8.GetString(TableRecord.Value(new TableEntry([], DateTimeOffset.MaxValue))), Is.EqualTo("rig1 never\n"));
    }

    [TestCase("rig1 0\n", 0)]
    [TestCase("rig1 253402300799999\n", 253402300799999)]
    public void TryRead_OfAnExpiry_IsThatTime(string value, long expires)
    {
        Assert.That(TableRecord.TryRead(Key, Encoding.UTF8.GetBytes(value), out var change), Is.Null);
        Assert.That(change.Entry!.Value.Expires.ToUnixTimeMilliseconds(), Is.EqualTo(expires));
    }

    [Test]
    public void TryRead_WithoutAValue_IsARemoval()
    {
        Assert.That(TableRecord.TryRead(Key, null, out var change), Is.Null);
        Assert.That(change, Is.EqualTo(new TableChange("key", null)));
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("rig1 12")]
    [TestCase("rig1 \n")]
    [TestCase("rig1 -1\n")]
    [TestCase("rig1 12 \n")]
    [TestCase("rig1 253402300800000\n")]
    [TestCase("rig1 99999999999999999999\n")]
    [TestCase("rig2 12\n")]
    public void TryRead_OfAForeignValue_SaysSo(string value) =>
        Assert.That(TableRecord.TryRead(Key, Encoding.UTF8.GetBytes(value), out _), Is.EqualTo(TableEntry.BadValue));

    [TestCase(null)]
    [TestCase(new byte[] { 0xff })]
    public void TryRead_OfAForeignKey_SaysSo(byte[]? key) => Assert.That(TableRecord.TryRead(key, [.. "rig1 never\n"u8], out _), Is.EqualTo(TableEntry.BadKey));
}
