using System.Collections.Concurrent;
using Confluent.Kafka;

namespace RigKafka.IntegrationTests.Chaos;

/// <summary>
/// A service that writes numbered messages to a source topic itself, each for a random one of some users. An idempotent producer would not survive a
/// log that loses what it has stored.
/// </summary>
internal sealed class ChaosProducer(string hosts, string topic, string[] users, int seed, int perSecond)
{
    /// <summary>Others number the messages of these users from 0 on.</summary>
    public const int First = 1_000_000;

    private readonly ConcurrentQueue<(string User, int Number)> _accepted = new();

    /// <summary>Those that are stored for certain.</summary>
    public IReadOnlyCollection<(string User, int Number)> Accepted => _accepted;

    public async Task Run(CancellationToken stop)
    {
        var random = new Random((seed * 10) + 3);
        var config = new ProducerConfig { BootstrapServers = hosts, LingerMs = 2, MessageTimeoutMs = 20_000, TopicMetadataRefreshIntervalMs = 1_000 };
        using var producer = new ProducerBuilder<string, string>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        for (var number = First; !stop.IsCancellationRequested; number++)
        {
            Produce(producer, users[random.Next(users.Length)], number);
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        producer.Flush(Limits.Hang);
    }

    private void Produce(IProducer<string, string> producer, string user, int number) => producer.Produce(
        topic,
        new Message<string, string> { Key = user, Value = $$"""{"user":"{{user}}","n":{{number}}}""" },
        report =>
        {
            if (report.Error.Code == ErrorCode.NoError)
            {
                _accepted.Enqueue((user, number));
            }
        });
}
