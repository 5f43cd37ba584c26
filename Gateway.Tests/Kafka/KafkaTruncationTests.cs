using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

internal sealed class KafkaTruncationTests
{
    private const string Report = "Partition log truncation detected at offset 20 (leader epoch 3): broker end offset is 10 (offset leader epoch 2). "
        + "Reset to INVALID.: Local: Partition log truncation detected (broker 1)";

    /// <summary>Where this fails after an update: see what the new version says, in <c>rdkafka_offset.c</c>, and have the reader read that.</summary>
    [Test]
    public void Read_KnowsTheWordsOfTheLibraryThatIsUsed()
    {
        Assert.That(Library.VersionString, Is.EqualTo("2.16.0"));
        var library = Process.GetCurrentProcess().Modules.Cast<ProcessModule>().Single(module => module.ModuleName.Contains("rdkafka", StringComparison.OrdinalIgnoreCase));
        var words = Encoding.Latin1.GetString(File.ReadAllBytes(library.FileName));
        Assert.That(words, Does.Contain("Partition log truncation detected at %s: broker end offset is %ld (offset leader epoch %d). Reset to INVALID.\0"));
    }

    [Test]
    public void Read_OfAReport_GivesTheOffsetAndItsEpoch() => Assert.That(KafkaTruncation.Read(Report), Is.EqualTo(new KafkaTruncation(10, 2)));

    [TestCase("")]
    [TestCase("fetch failed due to requested offset not available on the broker: Broker: Offset out of range (broker 1)")]
    [TestCase("No epoch found less or equal to offset 20 (leader epoch 3): broker end offset is -1 (offset leader epoch -1). Reset using configured policy.: Local: Partition log truncation detected")]
    [TestCase("Partition log truncation detected at offset 20 (leader epoch 3): broker end offset is -1 (offset leader epoch -1). Reset to INVALID.")]
    [TestCase("Partition log truncation detected at offset 20 (leader epoch 3): broker end offset is 99999999999999999999 (offset leader epoch 1). Reset to INVALID.")]
    [TestCase("Partition log truncation detected at offset 20 (leader epoch 3): broker end offset is 10 (offset leader epoch 99999999999). Reset to INVALID.")]
    [TestCase("Partition log truncation detected: the broker's end is 10")]
    public void Read_OfOtherWords_GivesNothing(string reason) => Assert.That(KafkaTruncation.Read(reason), Is.Null);
}
