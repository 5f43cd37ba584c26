using System.Text;
using RigKafka.Kafka;
using RigKafka.Log;
using RigKafka.Telemetry;

namespace RigKafka.RequestLog;

/// <summary>Writes down what the request log took, at its own pace.</summary>
internal sealed partial class RequestLogService(RequestLogQueue log, RequestLogOptions options, GatewayMetrics metrics, ILogger<RequestLogService> logger, RecordWriter? records = null) : BackgroundService
{
    private static readonly KeyValuePair<string, string>[] NoHeaders = [];

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What was noted is still written.
        log.Close();
        try
        {
            await (ExecuteTask ?? Task.CompletedTask).WaitAsync(cancellationToken);
            await (records?.Drain(cancellationToken) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException)
        {
            // The time of the host is over; what is left of the request log goes with it.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var entry in log.Entries.ReadAllAsync(CancellationToken.None))
        {
            Write(entry);
        }
    }

    private void Write(in RequestLogEntry entry)
    {
        var (definition, endpoint) = (entry.Route.Definition, entry.Route.Endpoint);
        if (options.ToConsole)
        {
            LogCall(entry.Route.IsSecured ? "CALL" : "UNAUTHENTICATED CALL", endpoint.Id, endpoint.Method, endpoint.Path.Text, definition.Target?.Url ?? entry.Route.TargetName);
        }

        if (options.ToKafka && records is not null && entry.Identity is { } identity)
        {
            _ = Send(records, identity.User is { } user ? Encoding.UTF8.GetBytes(user) : null, RequestLogRecord.Json(entry, identity));
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
