using RigKafka.Http;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Listeners;

/// <summary>Says at start which node this is, where it listens, and which variables it was given that mean nothing to it.</summary>
internal sealed partial class Announcement(
    IServiceProvider services, IConfiguration configuration, SettingsReader settings, ILogger<Announcement> logger)
    : IHostedLifecycleService
{
    /// <summary>The first line of a process. To be called before anything is started that may log.</summary>
    public static void SayWhoThisIs(IServiceProvider services) => LogNode(
        services.GetRequiredService<ILogger<Announcement>>(),
        services.GetRequiredService<NodeOptions>().Name, services.GetRequiredService<NodeId>(), NodeOptions.Version);

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var (external, api) = services.ListenAddresses();
        LogListening(Reachable(external), Reachable(api));
        if (services.TlsListenAddresses() is { } tls)
        {
            LogListeningWithTls(Reachable(tls.External), Reachable(tls.Api));
        }

        if (!settings.Read<ApiTokenOptions>().AreSet && !settings.Read<ListenerOptions>().IsLoopback)
        {
            LogOpen();
        }

        if (settings.PassedOver is { Count: > 0 } links)
        {
            LogServiceLinks(string.Join(", ", links));
        }

        if (settings.LineBreaks is { Count: > 0 } secrets)
        {
            LogLineBreaks(string.Join(", ", secrets));
        }

        if (LegacySettings.FindIn(configuration) is { Count: > 0 } names)
        {
            LogLegacy(string.Join(", ", names));
        }

        if (MisspelledSettings.FindIn(configuration, settings.Settings) is { Count: > 0 } misspelled)
        {
            LogMisspelled(string.Join(", ", misspelled));
        }

        return Task.CompletedTask;
    }

    /// <summary>An address that a newcomer can type: every address of this machine includes this one.</summary>
    private static Uri Reachable(Uri address) =>
        address.Host is "[::]" or "0.0.0.0" ? new UriBuilder(address) { Host = "localhost" }.Uri : address;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1409, LogLevel.Information, "This is {Name}, node {Id}, of version {Version}.", EventName = "NodeStarts")]
    private static partial void LogNode(ILogger logger, string name, NodeId id, string version);

    [LoggerMessage(1410, LogLevel.Information,
        "Listening: clients at {External}, back-ends and operators at {Api}.",
        EventName = "Listening")]
    private partial void LogListening(Uri external, Uri api);

    [LoggerMessage(1412, LogLevel.Information,
        "Listening with TLS: clients at {External}, back-ends and operators at {Api}.",
        EventName = "ListeningWithTls")]
    private partial void LogListeningWithTls(Uri external, Uri api);

    [LoggerMessage(1419, LogLevel.Warning,
        "API_TOKEN is not set and the API port listens beyond this machine: everybody who reaches it can publish messages and end sessions.",
        EventName = "ApiOpen")]
    private partial void LogOpen();

    [LoggerMessage(1411, LogLevel.Warning,
        "These variables of the original mean nothing here and are ignored: {Names}.",
        EventName = "LegacySettings")]
    private partial void LogLegacy(string names);

    [LoggerMessage(1430, LogLevel.Warning,
        "These variables have the name of a setting, but are what Kubernetes says of a Service, and are ignored as settings: {Names}. "
        + "enableServiceLinks: false spares them.",
        EventName = "ServiceLinks")]
    private partial void LogServiceLinks(string names);

    [LoggerMessage(1431, LogLevel.Warning,
        "These secrets end with a line break, as a file does: {Names}. It is removed; tokens are tried with it as well.",
        EventName = "SecretLineBreak")]
    private partial void LogLineBreaks(string names);

    [LoggerMessage(1413, LogLevel.Warning, "These variables look like settings, but are not: {Names}.", EventName = "MisspelledSettings")]
    private partial void LogMisspelled(string names);
}
