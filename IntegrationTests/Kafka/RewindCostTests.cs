using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using NUnit.Framework;
using RigKafka.Delivery;
using RigKafka.Kafka;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>What it costs to read a record once more, beside librdkafka's own consumer. By hand: docs/performance.md has the command.</summary>
[Explicit]
[NonParallelizable]
internal sealed class RewindCostTests
{
    private const int Partitions = 6;
    private const int PerPartition = 300_000;

    [TestCase(200)]
    [TestCase(2_000)]
    public async Task ReadAgain(int bytes)
    {
        var hosts = await TestKafka.Hosts();
        using var topics = new TestTopics(hosts);
        var topic = await topics.Create(Partitions);
        Fill(hosts, topic, bytes);
        using var log = new KafkaLog(TestClients.Of(new KafkaOptions { Hosts = hosts.Split(','), SourceTopics = [topic] }));
        var bounds = (await log.Bounds(CancellationToken.None).Soon())!;
        for (var run = 0; run < 3; run++)
        {
            var waiting = new WaitingRewind(
                new RewindRequest(bounds.First, bounds.End, new HashSet<string> { "user:somebody" }, "somebody", (_, _, _) => true), Partitions * PerPartition, cameAt: 0);
            var pass = new RewindPass([waiting], new MessageOptions(), 1 << 20);
            var (before, began) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            Assert.That(await log.ReadAgain(pass.From, pass.To, pass.OnRecord, CancellationToken.None), Is.Null);
            var (cpu, took) = (Environment.CpuUsage.TotalTime - before, Stopwatch.GetElapsedTime(began));
            TestContext.Progress.WriteLine(
                $"rewind, {bytes} bytes: {cpu.TotalMicroseconds / pass.Records:0.00} us/record, {cpu / took:0.00} cores, {pass.Records / took.TotalSeconds:#,0} records/s");
            Consumer(hosts, topic, bytes);
            await Kcat(hosts, topic, bytes);
        }
    }

    /// <summary>What of it is the library's own consumer, with the same settings, that does nothing with a record and never rests.</summary>
    private static void Consumer(string hosts, string topic, int bytes)
    {
        var config = TestClients.Of(new KafkaOptions { Hosts = hosts.Split(','), SourceTopics = [topic] }).Config;
        foreach (var (name, each) in new[] { ("rewind's", config.SideConsumer()), ("reader's", config.Consumer()) })
        {
            each.ConsumeResultFields = "timestamp,topic";
            using var consumer = new ConsumerBuilder<Ignore, byte[]>(each).SetLogHandler((_, _) => { }).Build();
            var before = Environment.CpuUsage.TotalTime;
            consumer.Assign(Enumerable.Range(0, Partitions).Select(partition => new TopicPartitionOffset(topic, partition, 0)));
            for (var left = Partitions * PerPartition; left > 0;)
            {
                left -= consumer.Consume(Limits.Hang) is { IsPartitionEOF: false } ? 1 : 0;
            }

            var cpu = Environment.CpuUsage.TotalTime - before;
            TestContext.Progress.WriteLine($"the library's consumer ({name} settings), {bytes} bytes: {cpu.TotalMicroseconds / (Partitions * PerPartition):0.00} us/record");
        }
    }

    private static void Fill(string hosts, string topic, int bytes)
    {
        using var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = hosts, LingerMs = 20, CompressionType = CompressionType.Lz4, QueueBufferingMaxMessages = 100_000 }).SetLogHandler((_, _) => { }).Build();
        for (var i = 0; i < Partitions * PerPartition; i++)
        {
            var message = new Message<Null, byte[]> { Value = Encoding.UTF8.GetBytes($$"""{"user":"nobody{{i % 10_000}}","text":"{{new string('x', bytes - 35)}}"}""") };
            while (true)
            {
                try
                {
                    producer.Produce(new TopicPartition(topic, i % Partitions), message);
                    break;
                }
                catch (ProduceException<Null, byte[]> full) when (full.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(10));
                }
            }
        }

        producer.Flush(Limits.Hang);
    }

    private static async Task Kcat(string hosts, string topic, int bytes)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", $"TIMEFORMAT='%U %S'; time kcat -C -b {hosts} -t {topic} -o beginning -e -q -f '' >/dev/null"]) { RedirectStandardError = true })!;
        var text = await shell.StandardError.ReadToEndAsync().Soon();
        var seconds = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).TakeLast(2).Sum(part => double.Parse(part, System.Globalization.CultureInfo.InvariantCulture));
        TestContext.Progress.WriteLine($"kcat,   {bytes} bytes: {seconds * 1e6 / (Partitions * PerPartition):0.00} us/record");
    }
}
