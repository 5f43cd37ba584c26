using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using OpenTelemetry.Metrics;
using RigKafka.Connections;
using RigKafka.Listeners;
using RigKafka.Telemetry;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>A whole gateway in this process, on free ports. An error in its log fails the test.</summary>
internal sealed class GatewayNode : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, AutomaticDecompression = DecompressionMethods.None }) { Timeout = Limits.Hang };

    private readonly WebApplication _app;

    private GatewayNode(WebApplication app, LogLines log)
    {
        (_app, Log) = (app, log);
        (External, Api) = app.Services.ListenAddresses();
    }

    public Uri External { get; }

    public Uri Api { get; }

    /// <summary>The same two over TLS, if the node was given a certificate.</summary>
    public (Uri External, Uri Api) Tls => _app.Services.TlsListenAddresses()!.Value;

    public LogLines Log { get; }

    /// <summary>The names of the events that are errors elsewhere, but are to be expected here.</summary>
    public ISet<string> ExpectedErrors { get; } = new HashSet<string>();

    public ConnectionRegistry Registry => _app.Services.GetRequiredService<ConnectionRegistry>();

    /// <summary>Every route of both ports.</summary>
    public IEnumerable<RouteEndpoint> Routes => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    /// <param name="settings">The environment, beyond what lets a test reach the node.</param>
    /// <param name="prepare">What is to be done before the listeners are set up.</param>
    /// <param name="waitUntilReady">False where the node cannot be ready.</param>
    public static async Task<GatewayNode> Start(Dictionary<string, string?>? settings = null, Action<WebApplicationBuilder>? prepare = null, bool waitUntilReady = true)
    {
        var builder = Program.CreateBuilder();
        // The machine's own environment is none of a test's business.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["INBOUND_PORT"] = "0",
            ["API_PORT"] = "0",
            ["LISTEN_ADDRESS"] = "127.0.0.1",
            ["JWT_SECRET_KEY"] = Token.Secret,
            ["DIRECT_TRANSPORT_ENABLED"] = ChosenTransport.Setting,
        });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        prepare?.Invoke(builder);
        var mistakes = Program.AddFeatures(builder).Mistakes;
        Assert.That(mistakes, Is.Empty);
        // The other nodes in this process have instruments with the same names.
        builder.Services.ConfigureOpenTelemetryMeterProvider((services, metrics) => metrics.AddView(instrument =>
            instrument.Meter.Scope is { } owner && owner != services.GetRequiredService<IMeterFactory>() ? MetricStreamConfiguration.Drop : null));
        var log = new LogLines();
        // Not on the console.
        builder.Logging.ClearProviders().AddProvider(log.Provider);
        builder.Services.AddSingleton<ILoggerProvider>(services => services.GetRequiredService<RecentWarnings>());
        var app = builder.Build();
        Program.MapFeatures(app);
        await app.StartAsync().Soon();
        if (waitUntilReady)
        {
            var health = app.Services.GetRequiredService<HealthCheckService>();
            await Wait.Until(async () => (await health.CheckHealthAsync()).Status != HealthStatus.Unhealthy, "the node has its place in the log, and has read its tables");
        }

        return new GatewayNode(app, log);
    }

    /// <summary>Opens a user's stream of their own messages, and reads the reply to the join.</summary>
    public async Task<SseClient> Listen(string user)
    {
        var stream = await SseClient.Open(External, $"users[]={Uri.EscapeDataString(user)}&token={Token.Of(user)}");
        var reply = await stream.Next("phx_reply");
        Assert.That(reply.Data, Does.Contain("\"status\":\"ok\""));
        Assert.That(reply.Retry, Is.Not.Null);
        return stream;
    }

    public async Task<HttpResponseMessage> Post(string json, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Api, "/v1/messages")) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await Http.SendAsync(request).Soon();
    }

    /// <summary>Publishes a message that is taken.</summary>
    public async Task Publish(string json)
    {
        using var answer = await Post(json);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    public Task<HttpResponseMessage> GetExternal(string path) => Http.GetAsync(new Uri(External, path)).Soon();

    public Task<HttpResponseMessage> GetApi(string path) => Http.GetAsync(new Uri(Api, path)).Soon();

    /// <summary>What <c>/health/ready</c> says: ready, degraded or unready.</summary>
    public async Task<string?> HealthWord()
    {
        using var answer = await GetApi("/health/ready");
        using var details = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return details.RootElement.GetProperty("status").GetString();
    }

    public async Task<MetricsPage> Metrics() => new(await Http.GetStringAsync(new Uri(Api, "/metrics")).Soon());

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().Soon();
        await _app.DisposeAsync().AsTask().Soon();
        Assert.That(Log.All.Where(line => line.Level >= LogLevel.Error && !ExpectedErrors.Contains(line.EventName)), Is.Empty, "unexpected errors in the log");
    }
}
