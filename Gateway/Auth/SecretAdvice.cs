namespace RigKafka.Auth;

/// <summary>Tells the operator at start what a weak or missing secret means.</summary>
internal sealed partial class SecretAdvice(AuthOptions options, ILogger<SecretAdvice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options is { PublicKey: "", JwksUrl: "" } && !options.Secrets.Any())
        {
            LogMissing();
        }

        foreach (var (name, value) in options.Secrets)
        {
            if (SecretKey.IsShort(value))
            {
                LogShort(name);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1201, LogLevel.Warning,
        "JWT_SECRET_KEY is empty, and there is neither JWT_PUBLIC_KEY nor JWT_JWKS_URL: every token will be refused.",
        EventName = "SecretMissing")]
    private partial void LogMissing();

    [LoggerMessage(1202, LogLevel.Warning,
        "{Name} is shorter than 32 bytes: fine to try things out, but it can be guessed.",
        EventName = "SecretShort")]
    private partial void LogShort(string name);
}
