using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>A node that has nothing but one table.</summary>
internal sealed class KafkaTableNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();
    private readonly KafkaTable _table;

    public KafkaTableNode(string hosts, string topic, int publishTimeoutMs = 5_000, ILoggerFactory? loggers = null, bool putsBack = true)
    {
        var log = new LogOptions { PublishTimeoutMs = publishTimeoutMs };
        var kafka = new KafkaOptions { Hosts = hosts.Split(','), MetadataRefreshMs = 500 };
        var declaration = new TableDeclaration("test", "KAFKA_TEST_TOPIC", new TableTopic(topic, putsBack));
        _table = new KafkaTable(declaration, TestClients.Of(kafka, log, loggers), _services.GetRequiredService<GatewayMetrics>());
        Running = _table.Run(_stop.Token);
    }

    public ITable Table => _table;

    public Task Running { get; }

    public async Task<ITable> CaughtUp()
    {
        await (await Task.WhenAny(Running, _table.CaughtUp).Soon());
        return _table;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Running.Soon().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _table.Dispose();
        _stop.Dispose();
        await _services.DisposeAsync();
    }
}
