using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Settings;

namespace RigKafka.Tls;

/// <summary>The certificate for TLS. Without one there is no TLS.</summary>
internal sealed class TlsOptions : IValidatableObject
{
    [ConfigurationKeyName("HTTPS_CERTFILE")]
    [Description("The PEM file with the certificate, followed by those between it and the root. With it both listeners speak TLS too, "
        + "on ports of their own. A renewed file is taken up without a restart.")]
    public string CertificateFile { get; set; } = "";

    [ConfigurationKeyName("HTTPS_KEYFILE")]
    [Description("The PEM file with the private key of the certificate.")]
    public string KeyFile { get; set; } = "";

    [ConfigurationKeyName("HTTPS_KEYFILE_PASS"), Secret]
    [Description("The pass phrase of the private key, if it has one.")]
    public string KeyPass { get; set; } = "";

    [ConfigurationKeyName("HTTPS_RELOAD_INTERVAL_MS")]
    [Description("How often the files are looked at for a renewed certificate, in milliseconds.")]
    [Range(100, 86_400_000)]
    public int ReloadIntervalMs { get; set; } = 5_000;

    [ConfigurationKeyName("HTTPS_HANDSHAKE_TIMEOUT_MS")]
    [Description("How long a client may take for the TLS handshake, in milliseconds.")]
    [Range(1000, 3_600_000)]
    public int HandshakeTimeoutMs { get; set; } = 10_000;

    public bool IsOn => CertificateFile.Length > 0 && KeyFile.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CertificateFile.Length > 0 && KeyFile.Length == 0)
        {
            yield return new ValidationResult("HTTPS_KEYFILE: expected the private key of HTTPS_CERTFILE.");
        }

        if (KeyFile.Length > 0 && CertificateFile.Length == 0)
        {
            yield return new ValidationResult("HTTPS_CERTFILE: expected the certificate of HTTPS_KEYFILE.");
        }
    }
}
