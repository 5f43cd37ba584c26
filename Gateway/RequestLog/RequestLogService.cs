using System.Text;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.RequestLog;

/// <summary>Writes the entries of the request log, at its own pace.</summary>
internal sealed partial class RequestLogService(
    RequestLogQueue queue, RequestLogOptions options, GatewayMetrics metrics, ILogger<RequestLogService> logger, RecordWriter? kafka = null)
    : BackgroundService
{
    private static readonly KeyValuePair<string, string>[] NoHeaders = [];

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // Entries in the queue are still written.
        queue.Close();
        try
        {
            await (ExecuteTask ?? Task.CompletedTask).WaitAsync(cancellationToken);
            await (kafka?.Drain(cancellationToken) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException)
        {
            // The host does not wait any longer; the entries that are left are lost.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var entry in queue.Entries.ReadAllAsync(CancellationToken.None))
        {
            Write(entry);
        }
    }

    private void Write(in RequestLogEntry entry)
    {
        var (definition, endpoint) = (entry.Route.Definition, entry.Route.Endpoint);
        if (options.ToConsole)
        {
            var kind = entry.Route.IsSecured ? "CALL" : "UNAUTHENTICATED CALL";
            LogCall(kind, endpoint.Id, endpoint.Method, endpoint.Path.Text, definition.Target?.Url ?? entry.Route.TargetName);
        }

        if (options.ToKafka && kafka is not null && entry.Identity is { } identity)
        {
            _ = Send(kafka, identity.User is { } user ? Encoding.UTF8.GetBytes(user) : null, entry.ToJson(identity));
        }
    }

    private async Task Send(RecordWriter writer, byte[]? key, byte[] value)
    {
        if (await writer.Write(options.Topic, key, value, NoHeaders) != AppendOutcome.Stored)
        {
            metrics.RequestLogDropped();
        }
    }

    [LoggerMessage(1710, LogLevel.Information, "{Kind}: [{Endpoint}] {Method} {Path} => {Target}", EventName = "ProxyCall")]
    private partial void LogCall(string kind, string endpoint, string method, string path, string target);
}
