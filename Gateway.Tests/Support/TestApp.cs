using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using RigKafka.Direct;
using RigKafka.Listeners;
using RigKafka.Settings;

namespace RigKafka.Tests.Support;

/// <summary>A gateway of chosen parts on free ports of the loopback device. An error in its log fails the test, unless the test took it.</summary>
internal sealed class TestApp : IAsyncDisposable, ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly WebApplication _app;

    private TestApp(Action<WebApplicationBuilder, SettingsReader> add, Action<IEndpointRouteBuilder> external, Action<IEndpointRouteBuilder> api, Dictionary<string, string?> settings)
    {
        var builder = Program.CreateBuilder();
        builder.Logging.ClearProviders().AddProvider(this);
        // The machine's own environment is none of a test's business.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["INBOUND_PORT"] = "0", ["API_PORT"] = "0", ["LISTEN_ADDRESS"] = "127.0.0.1", ["DIRECT_TRANSPORT_ENABLED"] = ChosenTransport.Setting });
        builder.Configuration.AddInMemoryCollection(settings);
        var reader = new SettingsReader(builder.Configuration);
        builder.AddDirect(reader);
        builder.AddListeners(reader);
        add(builder, reader);
        Assert.That(reader.Mistakes, Is.Empty);
        _app = builder.Build();
        _app.MapListeners(external, api);
    }

    public HttpClient External { get; private set; } = null!;

    public HttpClient Api { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    public static async Task<TestApp> Start(
        Action<WebApplicationBuilder, SettingsReader>? add = null,
        Action<IEndpointRouteBuilder>? external = null,
        Action<IEndpointRouteBuilder>? api = null,
        Dictionary<string, string?>? settings = null)
    {
        var app = new TestApp(add ?? ((_, _) => { }), external ?? (_ => { }), api ?? (_ => { }), settings ?? []);
        await app._app.StartAsync().Soon();
        (app.External, app.Api) = (Client(app._app.Services.ListenAddresses().External), Client(app._app.Services.ListenAddresses().Api));
        return app;
    }

    /// <summary>Takes the errors logged so far, so that they are expected.</summary>
    public IReadOnlyList<string> TakeErrors()
    {
        var taken = _errors.ToArray();
        _errors.Clear();
        return taken;
    }

    public Task StopAsync() => _app.StopAsync().Soon();

    public async ValueTask DisposeAsync()
    {
        External.Dispose();
        Api.Dispose();
        await _app.StopAsync().Soon();
        await _app.DisposeAsync().Soon();
        Assert.That(_errors, Is.Empty, "unexpected errors in the log");
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        // The server's own clock was late: a busy machine, and nothing that the gateway did.
        if (IsEnabled(logLevel) && eventId.Name != "HeartbeatSlow")
        {
            _errors.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception?.GetType().Name}");
        }
    }

    public void Dispose()
    {
    }

    private static HttpClient Client(Uri address) => new(new SocketsHttpHandler { UseProxy = false, AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = address, Timeout = Limits.Hang };
}
