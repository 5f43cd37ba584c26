using System.Buffers.Binary;
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RigKafka.IntegrationTests.Telemetry;

/// <summary>An OpenTelemetry collector that takes spans by OTLP, over HTTP or gRPC, and hands them to a test.</summary>
internal sealed class Collector : IAsyncDisposable
{
    public const string Http = "http/protobuf";
    public const string Grpc = "grpc";

    /// <summary>What stands before a message of gRPC: whether it is compressed, and its length.</summary>
    private const int FrameHead = 5;

    private readonly Channel<ExportedSpan> _spans = Channel.CreateUnbounded<ExportedSpan>();
    private readonly WebApplication _app;
    private readonly string _protocol;

    private Collector(string protocol)
    {
        _protocol = protocol;
        var builder = WebApplication.CreateSlimBuilder();
        // Otherwise the nodes of this process export the calls that it gets from them.
        builder.Services.AddSingleton(new ActivitySource("collector"));
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            System.Net.IPAddress.Loopback, 0, listener => listener.Protocols = protocol == Grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        _app = builder.Build();
        _app.Run(protocol == Grpc ? TakeGrpc : TakeHttp);
    }

    /// <summary>What a node is told so that it sends its spans here, at once.</summary>
    public Dictionary<string, string> Environment => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = _protocol,
        ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
    };

    /// <summary>The same for a node in this process.</summary>
    public Dictionary<string, string?> Settings => Environment.ToDictionary(setting => setting.Key, setting => (string?)setting.Value);

    public static async Task<Collector> Start(string protocol = Http)
    {
        var collector = new Collector(protocol);
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

    /// <summary>All spans until there are so many that fit.</summary>
    public async Task<IReadOnlyList<ExportedSpan>> Until(int count, Func<ExportedSpan, bool> fits)
    {
        var spans = new List<ExportedSpan>();
        for (var found = 0; found < count; found++)
        {
            spans.AddRange(await Until(fits));
        }

        return spans;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync().AsTask().Soon();

    private static async Task<byte[]> Body(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    private async Task TakeHttp(HttpContext context)
    {
        var body = await Body(context);
        if (context.Request.Path == "/v1/traces")
        {
            Take(body);
        }
    }

    private async Task TakeGrpc(HttpContext context)
    {
        var body = await Body(context);
        if (context.Request.Path == "/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        {
            Take(body.AsSpan(FrameHead, BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1))).ToArray());
        }

        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[FrameHead]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private void Take(byte[] request)
    {
        foreach (var span in ExportedSpan.ReadAll(request))
        {
            _spans.Writer.TryWrite(span);
        }
    }
}
