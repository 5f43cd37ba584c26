using RigKafka.Apis;
using RigKafka.Auth;
using RigKafka.Channels;
using RigKafka.Commands;
using RigKafka.Delivery;
using RigKafka.Demo;
using RigKafka.Direct;
using RigKafka.Health;
using RigKafka.Http;
using RigKafka.Kafka;
using RigKafka.Listeners;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Operator;
using RigKafka.Presence;
using RigKafka.Proxy;
using RigKafka.Publishing;
using RigKafka.RequestLog;
using RigKafka.Sessions;
using RigKafka.Settings;
using RigKafka.Telemetry;
using RigKafka.Transports;

return CommandLine.Run(args, RunGateway, Assemble);

static int RunGateway()
{
    var builder = CreateBuilder();
    var settings = AddFeatures(builder);
    if (settings.Mistakes.Count > 0)
    {
        return Refuse(settings.Mistakes);
    }

    var app = builder.Build();
    if (TakenPorts.Find(app.Services) is { Count: > 0 } taken)
    {
        return Refuse(taken);
    }

    Announcement.SayWhoThisIs(app.Services);
    MapFeatures(app);
    var stopping = app.Lifetime.ApplicationStopping;
    try
    {
        app.Run();
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
    {
        // Told to stop before it listened, which is no failure.
    }

    return Environment.ExitCode;
}

static (SettingsReader Settings, Func<IServiceProvider> Services) Assemble()
{
    var builder = CreateBuilder();
    var settings = AddFeatures(builder);
    return (settings, Build);

    IServiceProvider Build()
    {
        builder.Logging.ClearProviders();
        return builder.Build().Services;
    }
}

static int Refuse(IReadOnlyList<string> mistakes)
{
    Console.Error.WriteLine(string.Join(Environment.NewLine, mistakes));
    return 1;
}

/// <summary>The gateway, put together from its features; the tests put theirs together in the same way.</summary>
internal static partial class Program
{
    /// <summary>
    /// The framework's builder without its own sources of settings: it would read <c>appsettings.json</c> in the working folder, take settings from the
    /// command line, and watch the working folder with all that is below it.
    /// </summary>
    internal static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddEnvironmentVariables();
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        return builder;
    }

    /// <summary>Reads every setting and registers every service.</summary>
    internal static SettingsReader AddFeatures(WebApplicationBuilder builder)
    {
        var settings = new SettingsReader(builder.Configuration);
        builder.AddTelemetry(settings);
        builder.AddMessages(settings);
        builder.AddDirect(settings);
        builder.AddListeners(settings);
        builder.AddLog(settings);
        builder.AddAuth(settings);
        builder.AddSessions(settings);
        builder.AddDelivery(settings);
        builder.AddPublishing();
        builder.AddApis(settings);
        builder.AddRequestLog(settings);
        builder.AddProxy(settings);
        builder.AddPresence(settings);
        builder.AddKafka(settings);
        builder.AddHealth(settings);
        builder.AddChannels(settings);
        builder.AddTransports(settings);
        builder.AddDemo(settings);
        builder.AddOperator(settings);
        builder.AddSecretFiles(settings);
        return settings;
    }

    /// <summary>Puts the features behind the two listeners.</summary>
    internal static void MapFeatures(WebApplication app) => app.MapListeners(
        external =>
        {
            external.MapHealth();
            external.MapTransports();
            external.MapProxy();
        },
        api =>
        {
            api.MapPublishing();
            api.MapDelivery();
            api.MapApis();
            api.MapPresence();
            api.MapSessions();
            api.MapHealthDetails();
            api.MapTelemetry();
            api.MapOpenApi();
            api.MapDemo();
            api.MapOperator();
        });
}
