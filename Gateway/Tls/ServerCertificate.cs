using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace RigKafka.Tls;

/// <summary>A certificate with its key, and what every handshake takes of it.</summary>
internal sealed class ServerCertificate(X509Certificate2 leaf, X509Certificate2Collection chain)
{
    /// <summary>Made once: with it the handshakes share sessions that clients may resume. What is not in the file is not fetched from anywhere.</summary>
    public SslServerAuthenticationOptions Handshake { get; } = new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
        AllowRenegotiation = false,
    };

    public string Subject => leaf.Subject;

    public DateTimeOffset NotBefore => leaf.NotBefore;

    public DateTimeOffset NotAfter => leaf.NotAfter;
}
