using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

internal sealed class LentValuesTests
{
    [Test]
    public void Deserialize_LeavesTheOneBefore_AndAllocatesNothing()
    {
        var values = new LentValues();
        var (one, other) = (Read(values, [1, 2, 3]), Read(values, [4, 5]));
        Assert.That((one.Bytes![..one.Lent!.Value], other.Bytes![..other.Lent!.Value]), Is.EqualTo((new byte[] { 1, 2, 3 }, new byte[] { 4, 5 })));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Read(values, [1, 2, 3]);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000));
    }

    [Test]
    public void Deserialize_OfATombstone_AndOfNothing_TellsThemApart()
    {
        Assert.That(new LentValues().Deserialize([], isNull: true, SerializationContext.Empty).Bytes, Is.Null);
        Assert.That(Read(new LentValues(), []), Has.Property("Lent").EqualTo(0).And.Property("Bytes").Not.Null);
    }

    [Test]
    public void Deserialize_OfALargeValue_GivesItAnArrayOfItsOwn()
    {
        var large = new byte[70_000];
        var value = Read(new LentValues(), large);
        Assert.That(value.Lent, Is.Null);
        Assert.That(value.Bytes, Has.Length.EqualTo(large.Length).And.Not.SameAs(large));
    }

    private static LentValue Read(LentValues values, ReadOnlySpan<byte> bytes) => values.Deserialize(bytes, isNull: false, SerializationContext.Empty);
}
