using RigKafka.Telemetry;

namespace RigKafka.Tls;

/// <summary>Takes up a renewed certificate, and says which one is in use and until when.</summary>
internal sealed partial class CertificateService(
    CertificateSource source, TlsOptions options, GatewayMetrics metrics, TimeProvider time, ILogger<CertificateService> logger) : BackgroundService
{
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        LogLoaded(source.Current.Subject, source.Current.NotAfter);
        WarnOfDates();
        metrics.ObserveCertificate(() => source.Current.NotAfter.ToUnixTimeSeconds());
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.ReloadIntervalMs), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (source.Renew(options, LogKept))
                {
                    LogRenewed(source.Current.Subject, source.Current.NotAfter);
                    WarnOfDates();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node is being stopped.
        }
    }

    private void WarnOfDates()
    {
        var (now, certificate) = (time.GetUtcNow(), source.Current);
        if (now >= certificate.NotAfter)
        {
            LogExpired(certificate.Subject, certificate.NotAfter);
        }
        else if (now < certificate.NotBefore)
        {
            LogNotYetValid(certificate.Subject, certificate.NotBefore);
        }
    }

    [LoggerMessage(1420, LogLevel.Information,
        "The certificate is that of {Subject}, valid until {NotAfter:u}.",
        EventName = "CertificateLoaded")]
    private partial void LogLoaded(string subject, DateTimeOffset notAfter);

    [LoggerMessage(1421, LogLevel.Information,
        "A renewed certificate of {Subject}, valid until {NotAfter:u}, is in use for new connections.",
        EventName = "CertificateRenewed")]
    private partial void LogRenewed(string subject, DateTimeOffset notAfter);

    [LoggerMessage(1422, LogLevel.Warning,
        "The files of the certificate have changed, but are not in use: {Mistake} The earlier certificate stays.",
        EventName = "CertificateKept")]
    private partial void LogKept(string mistake);

    [LoggerMessage(1423, LogLevel.Warning,
        "The certificate of {Subject} expired at {NotAfter:u}: clients will not trust it.",
        EventName = "CertificateExpired")]
    private partial void LogExpired(string subject, DateTimeOffset notAfter);

    [LoggerMessage(1424, LogLevel.Warning,
        "The certificate of {Subject} is not valid before {NotBefore:u}: clients will not trust it.",
        EventName = "CertificateNotYetValid")]
    private partial void LogNotYetValid(string subject, DateTimeOffset notBefore);
}
