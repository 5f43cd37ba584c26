using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RigKafka.Http;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Operator;

/// <summary>What is going on at this node: <c>GET /v1/node</c> once, <c>GET /v1/node/events</c> again and again.</summary>
internal sealed class NodeEndpoint(
    NodeId id, NodeOptions node, LiveMetrics metrics, LoadHistory load, TroubleWatch troubles, HealthCheckService health, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private readonly long _started = time.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly Lock _lock = new();
    private Task<byte[]>? _written;
    private NodeLoad? _writtenFor;

    /// <summary><c>GET /v1/node</c>.</summary>
    public async Task Get(HttpContext context) => await context.AnswerJson(StatusCodes.Status200OK, await Now());

    /// <summary>
    /// <c>GET /v1/node/events</c>: an event stream of one <c>past</c>, the loads of the last quarter of an hour, and a <c>now</c> every
    /// other second, which is what <c>/v1/node</c> answers.
    /// </summary>
    public async Task Listen(HttpContext context)
    {
        var response = context.Response;
        (response.ContentType, response.Headers.CacheControl) = ("text/event-stream", "no-cache, no-transform");
        response.Headers["X-Accel-Buffering"] = "no";
        // How long an operator looks says nothing about how fast the gateway answers.
        context.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            var next = load.Next;
            await Send("past", Past());
            while (true)
            {
                await Send("now", await Now());
                await next.WaitAsync(end.Token);
                next = load.Next;
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The operator has left, or this node ends.
        }

        async Task Send(string name, byte[] json)
        {
            await response.Body.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes($"event: {name}\ndata: "), .. json, .. "\n\n"u8], end.Token);
            await response.Body.FlushAsync(end.Token);
        }
    }

    private byte[] Past() => RelaxedJson.Write(json =>
    {
        json.WriteStartArray();
        foreach (var each in load.Past)
        {
            json.WriteStartObject();
            each.WriteMembers(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Written once for each look, however many operators look.</summary>
    private Task<byte[]> Now()
    {
        lock (_lock)
        {
            if (_written is not { IsFaulted: false } written || _writtenFor != load.Latest)
            {
                (_written, _writtenFor) = (written = Write(load.Latest), load.Latest);
            }

            return written;
        }
    }

    private async Task<byte[]> Write(NodeLoad? now)
    {
        var report = await health.CheckHealthAsync();
        return RelaxedJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("id", id.Value);
            json.WriteString("name", node.Name);
            json.WriteString("version", NodeOptions.Version);
            json.WriteNumber("started", _started);
            json.WriteString("state", report.Status.Word());
            json.WriteStartArray("troubles");
            foreach (var trouble in troubles.Of(report))
            {
                trouble.WriteTo(json);
            }

            json.WriteEndArray();
            json.WriteStartObject("load");
            now?.WriteMembers(json);
            json.WriteEndObject();
            json.WriteStartArray("metrics");
            foreach (var metric in metrics.All)
            {
                Write(json, metric);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, LiveMetric metric)
    {
        json.WriteStartObject();
        json.WriteString("name", metric.PrometheusName);
        json.WriteString("kind", metric.Kind);
        json.WriteString("unit", metric.Unit);
        json.WriteString("description", metric.Description);
        json.WriteStartArray("values");
        foreach (var series in metric.Series)
        {
            json.WriteStartObject();
            json.WriteStartObject("tags");
            foreach (var (name, value) in series.Tags)
            {
                json.WriteString(name, $"{value}");
            }

            json.WriteEndObject();
            json.WriteNumber("value", Math.Round(series.Value, 3));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (metric.Kind == "histogram")
        {
            var buckets = metric.Buckets();
            NodeLoad.WriteSeconds(json, "p50", buckets.Quantile(0.5));
            NodeLoad.WriteSeconds(json, "p99", buckets.Quantile(0.99));
        }

        json.WriteEndObject();
    }
}
