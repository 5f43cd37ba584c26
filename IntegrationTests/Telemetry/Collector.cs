using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RigKafka.IntegrationTests.Telemetry;

/// <summary>An OpenTelemetry collector that takes spans by OTLP over HTTP, and hands them to a test.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly Channel<ExportedSpan> _spans = Channel.CreateUnbounded<ExportedSpan>();
    private readonly WebApplication _app;

    private Collector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(Take);
    }

    /// <summary>What a node is told so that it sends its spans here, at once.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
    };

    public static async Task<Collector> Start()
    {
        var collector = new Collector();
        await collector._app.StartAsync().Soon();
        return collector;
    }

    /// <summary>All spans up to the first that fits, that one last.</summary>
    public async Task<IReadOnlyList<ExportedSpan>> Until(Func<ExportedSpan, bool> fits)
    {
        var spans = new List<ExportedSpan>();
        while (spans.Count == 0 || !fits(spans[^1]))
        {
            spans.Add(await _spans.Reader.ReadAsync().AsTask().Soon());
        }

        return spans;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync().AsTask().Soon();

    private async Task Take(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (context.Request.Path == "/v1/traces")
        {
            foreach (var span in ExportedSpan.ReadAll(body.ToArray()))
            {
                _spans.Writer.TryWrite(span);
            }
        }
    }
}
