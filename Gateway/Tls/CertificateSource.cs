using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using RigKafka.Settings;

namespace RigKafka.Tls;

/// <summary>The certificate that new connections get. Those that are open keep theirs.</summary>
internal sealed class CertificateSource(PemFiles files, ServerCertificate certificate)
{
    private volatile ServerCertificate _current = certificate;

    /// <summary>The files that were looked at last, whether they were any good or not.</summary>
    public PemFiles? Seen { get; private set; } = files;

    public ServerCertificate Current => _current;

    /// <summary>Reads the files for the first time; null when there is something wrong with them.</summary>
    public static CertificateSource? Load(TlsOptions options, Action<string> refuse)
        => PemFiles.Read(options, refuse) is { } files && files.Parse(options, refuse) is { } certificate
            ? new CertificateSource(files, certificate)
            : null;

    public ValueTask<SslServerAuthenticationOptions> Choose(TlsHandshakeCallbackContext handshake) =>
        ValueTask.FromResult(_current.Handshake);

    /// <summary>Whether clients will trust it, as far as its dates say.</summary>
    public async IAsyncEnumerable<CheckResult> Look(TimeProvider time)
    {
        await Task.CompletedTask;
        var (now, certificate) = (time.GetUtcNow(), _current);
        yield return now >= certificate.NotAfter
            ? CheckResult.Wrong($"The certificate of {certificate.Subject} expired at {certificate.NotAfter.UtcDateTime:u}; expected one that is valid (HTTPS_CERTFILE).")
            : now < certificate.NotBefore
            ? CheckResult.Wrong($"The certificate of {certificate.Subject} is not valid before {certificate.NotBefore.UtcDateTime:u}; expected one that is (HTTPS_CERTFILE).")
            : CheckResult.Ok($"The certificate of {certificate.Subject} is valid until {certificate.NotAfter.UtcDateTime:u}, for {(certificate.NotAfter - now).Days} days more.");
    }

    /// <summary>
    /// Looks at the files again and says whether they have come to be another certificate. What is wrong with them is said once for each
    /// state that they are in.
    /// </summary>
    public bool Renew(TlsOptions options, Action<string> refuse)
    {
        var mistakes = new List<string>();
        var files = PemFiles.Read(options, mistakes.Add);
        if (files == Seen)
        {
            return false;
        }

        Seen = files;
        var renewed = files?.Parse(options, mistakes.Add);
        if (renewed is null)
        {
            refuse(string.Join(' ', mistakes));
            return false;
        }

        _current = renewed;
        return true;
    }
}

/// <summary>A certificate with its key, and what every handshake takes of it.</summary>
internal sealed record ServerCertificate(X509Certificate2 Leaf, X509Certificate2Collection Chain)
{
    /// <summary>
    /// Made once: with it the handshakes share sessions that clients may resume. What is not in the file is not fetched from anywhere.
    /// </summary>
    public SslServerAuthenticationOptions Handshake { get; } = new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(Leaf, Chain, offline: true),
        AllowRenegotiation = false,
    };

    public string Subject => Leaf.Subject;

    public DateTimeOffset NotBefore => Leaf.NotBefore;

    public DateTimeOffset NotAfter => Leaf.NotAfter;
}
