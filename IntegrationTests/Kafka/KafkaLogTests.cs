using NUnit.Framework;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Tests.Log;

namespace RigKafka.IntegrationTests.Kafka;

internal sealed class KafkaLogTests : MessageLogContract
{
    private readonly List<KafkaLog> _logs = [];

    [TearDown]
    public void DisposeOfTheLogs()
    {
        _logs.ForEach(log => log.Dispose());
        _logs.Clear();
    }

    protected override async Task<IMessageLog> Create(LogOptions options)
    {
        using var topics = new TestTopics(await TestKafka.Hosts());
        return New(await topics.Create(partitions: 3), topics.Hosts, options);
    }

    private KafkaLog New(string topic, string hosts, LogOptions options)
    {
        var kafka = new KafkaOptions { Hosts = hosts.Split(','), SourceTopics = [topic] };
        var log = new KafkaLog(TestClients.Of(kafka, options));
        _logs.Add(log);
        return log;
    }
}
