namespace RigKafka.Settings;

/// <summary>Looks again and again whether the files of secrets have changed. What is already open stays as it is.</summary>
internal sealed partial class SecretFilesService(
    IConfiguration configuration, IEnumerable<RenewedSecret> secrets, TimeProvider time, ILogger<SecretFilesService> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private string _mistakes = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The node is being stopped.
        }
    }

    private void Look()
    {
        var mistakes = new List<string>();
        foreach (var secret in secrets)
        {
            var reader = new SettingsReader(configuration);
            if (secret.TakeUp(reader))
            {
                LogRenewed(secret.Name);
            }

            mistakes.AddRange(reader.Mistakes);
        }

        var now = string.Join(' ', mistakes);
        if (now.Length > 0 && now != _mistakes)
        {
            LogKept(now);
        }

        _mistakes = now;
    }

    [LoggerMessage(2100, LogLevel.Information, "The {Secrets} have been read anew from their files, and are in use.", EventName = "SecretsRenewed")]
    private partial void LogRenewed(string secrets);

    [LoggerMessage(2101, LogLevel.Warning, "The files of secrets have changed, but are not in use: {Mistakes} The earlier secrets stay.", EventName = "SecretsKept")]
    private partial void LogKept(string mistakes);
}
