using System.Buffers.Text;
using System.Text;
using NUnit.Framework;
using RigKafka.Messages;

namespace RigKafka.Tests.Messages;

internal sealed class PositionTests
{
    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public void ToId_AnyPlace_IsReadBack(Tuple<uint, long[]>[] sourceTopics)
    {
        var position = new Position(sourceTopics.Length);
        for (var sourceTopic = 0; sourceTopic < sourceTopics.Length; sourceTopic++)
        {
            position.Place(sourceTopic, sourceTopics[sourceTopic].Item1, Array.ConvertAll(sourceTopics[sourceTopic].Item2, offset => offset & long.MaxValue));
        }

        var id = position.ToId();
        Assert.That(Position.TryParse(id, out var read), Is.True);
        Assert.That(read!.SourceTopicCount, Is.EqualTo(sourceTopics.Length));
        for (var sourceTopic = 0; sourceTopic < sourceTopics.Length; sourceTopic++)
        {
            Assert.That(read.Epoch(sourceTopic), Is.EqualTo(position.Epoch(sourceTopic)));
            Assert.That(read.Offsets(sourceTopic).ToArray(), Is.EqualTo(position.Offsets(sourceTopic).ToArray()));
        }

        Assert.That(read.ToId(), Is.EqualTo(id));
        Assert.That(id, Has.All.Matches<byte>(b => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_'), "safe in a header, a query and an event");
    }

    [TestCase(long.MaxValue, long.MaxValue, 0)]
    [TestCase(long.MaxValue, long.MaxValue, 3)]
    [TestCase(long.MaxValue, long.MaxValue, long.MaxValue)]
    public void IsAheadOf_ByMoreThanANumberCanSay_IsTrue(long first, long second, long third)
    {
        var node = TestPosition.Of(7, 1, 1);
        var forged = TestPosition.Of(7, first, second, third);

        Assert.That(forged.IsAheadOf(node), Is.True);
        Assert.That(node.Until(forged), Is.EqualTo(long.MaxValue));
        Assert.That(node.Until(node), Is.Zero);
    }

    [TestCase(0)]
    [TestCase(127)]
    [TestCase(128)]
    [TestCase(16383)]
    [TestCase(16384)]
    [TestCase(int.MaxValue)]
    [TestCase(long.MaxValue)]
    public void ToId_Offset_IsReadBack(long offset)
    {
        Assert.That(Position.TryParse(TestPosition.Of(uint.MaxValue, offset).ToId(), out var read), Is.True);
        Assert.That(read!.Offsets(0)[0], Is.EqualTo(offset));
    }

    /// <summary>The figures of docs/reference/wire.md.</summary>
    [TestCase(12, 88)]
    [TestCase(100, 675)]
    public void ToId_OffsetsNearABillion_IsAsLongAsThePageSays(int partitions, int characters)
    {
        var position = TestPosition.Of(1, [.. Enumerable.Repeat(1_000_000_000L, partitions)]);

        Assert.That(position.ToId(), Has.Length.EqualTo(characters));
        Assert.That(RepositoryFiles.Read("docs/reference/wire.md"), Does.Match($"an id has .*{characters}.* for {partitions}\\b"));
    }

    /// <summary>The layout is final: clients bring ids back after an upgrade of the gateway.</summary>
    [Test]
    public void ToId_Layout_StaysAsItIs()
    {
        var position = new Position(2);
        position.Place(0, 0x01020304, [0, 300]);
        position.Place(1, 5, []);

        Assert.That(position.Id(), Is.EqualTo("1" + Base64Url.EncodeToString([1, 2, 3, 4, 2, 0, 0xAC, 2, 0, 0, 0, 5, 0])));
    }

    [Test]
    public void ToId_ThousandsOfPartitions_AreReadBack()
    {
        var offsets = Enumerable.Range(0, 5000).Select(partition => (long)partition << 20).ToArray();
        Assert.That(Position.TryParse(TestPosition.Of(1, offsets).ToId(), out var read), Is.True);
        Assert.That(read!.Offsets(0).ToArray(), Is.EqualTo(offsets));
    }

    [TestCase("", Description = "nothing")]
    [TestCase("0AAAAAQA", Description = "another version")]
    [TestCase("2AAAAAQA", Description = "another version")]
    [TestCase("1AAAAAQA=", Description = "padding")]
    [TestCase("1AAAAAQA ", Description = "space")]
    [TestCase(" 1AAAAAQA", Description = "space")]
    [TestCase("1AAAA AQA", Description = "space")]
    [TestCase("1AAAAAQB", Description = "bits after the last byte")]
    [TestCase("1AAA+", Description = "the other alphabet")]
    [TestCase("1AAAAA", Description = "no number of partitions")]
    [TestCase("17", Description = "half a byte")]
    [TestCase("garbage")]
    [TestCase("1ü")]
    public void TryParse_OtherText_IsRefused(string text)
    {
        Assert.That(Position.TryParse(Encoding.UTF8.GetBytes(text), out var position), Is.False);
        Assert.That(position, Is.Null);
    }

    [TestCase(new byte[] { 0, 0, 0, 1, 1 }, Description = "an offset is missing")]
    [TestCase(new byte[] { 0, 0, 0, 1, 1, 0x80 }, Description = "an offset ends early")]
    [TestCase(new byte[] { 0, 0, 0, 1, 1, 0x80, 0 }, Description = "a longer form than needed")]
    [TestCase(new byte[] { 0, 0, 0, 1, 0x81, 0, 5 }, Description = "a longer form than needed")]
    [TestCase(new byte[] { 0, 0, 0, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1 }, Description = "larger than an offset can be")]
    [TestCase(new byte[] { 0, 0, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2 }, Description = "bits that fall off")]
    [TestCase(new byte[] { 0, 0, 0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1 }, Description = "eleven bytes")]
    [TestCase(new byte[] { 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0 }, Description = "more partitions than bytes")]
    [TestCase(new byte[] { 0, 0, 0, 1, 0, 0 }, Description = "something after the last sourceTopic")]
    public void TryParse_OtherBytes_AreRefused(byte[] bytes) =>
        Assert.That(Position.TryParse(Encoding.ASCII.GetBytes("1" + Base64Url.EncodeToString(bytes)), out _), Is.False);

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public void TryParse_AnyBytes_AreRefusedOrCanonical(byte[] bytes)
    {
        foreach (var id in new[] { bytes, [Position.Version, .. bytes], Encoding.ASCII.GetBytes("1" + Base64Url.EncodeToString(bytes)) })
        {
            if (Position.TryParse(id, out var position))
            {
                Assert.That(position.ToId(), Is.EqualTo(id));
            }
        }
    }

    [Test]
    public void Advance_MovesOnePartition()
    {
        var position = TestPosition.Of(1, 10, 20);
        position.Advance(0, 1, 21);

        Assert.That(position.Offsets(0).ToArray(), Is.EqualTo([10L, 21L]));
    }
}
