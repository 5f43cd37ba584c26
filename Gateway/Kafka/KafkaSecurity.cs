using Confluent.Kafka;

namespace RigKafka.Kafka;

/// <summary>The settings for TLS and SASL as properties of librdkafka, and which of them do not go together.</summary>
internal static class KafkaSecurity
{
    public static IEnumerable<KeyValuePair<string, string>> Properties(KafkaOptions options) => new Dictionary<string, string>
    {
        ["security.protocol"] = options.SecurityProtocol,
        ["sasl.mechanism"] = options.SaslMechanism,
        ["sasl.username"] = options.SaslUsername,
        ["sasl.password"] = options.SaslPassword,
        ["ssl.ca.location"] = options.SslCaLocation,
        ["ssl.certificate.location"] = options.SslCertificateLocation,
        ["ssl.key.location"] = options.SslKeyLocation,
        ["ssl.key.password"] = options.SslKeyPassword,
    }.Where(property => property.Value.Length > 0);

    /// <summary>One line for each mistake; none has a secret in it.</summary>
    public static IEnumerable<string> Mistakes(KafkaOptions options)
    {
        List<string> mistakes = [.. SaslMistakes(options), .. TlsMistakes(options)];
        return mistakes.Count == 0 && options.SecurityProtocol != "plaintext" && ClientMistake(options) is { } mistake
            ? [mistake]
            : mistakes;
    }

    private static IEnumerable<string> SaslMistakes(KafkaOptions options)
    {
        var wanted = options.SecurityProtocol.StartsWith("sasl_", StringComparison.Ordinal);
        (string Name, bool IsSet, string Expected)[] settings =
        [
            ("KAFKA_SASL_MECHANISM", options.SaslMechanism.Length > 0, "one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"),
            ("KAFKA_SASL_USERNAME", options.SaslUsername.Length > 0, "a name"),
            ("KAFKA_SASL_PASSWORD", options.SaslPassword.Length > 0, "a password"),
        ];
        return settings.Where(setting => setting.IsSet != wanted).Select(setting => wanted
            ? $"{setting.Name}=: expected {setting.Expected}, since KAFKA_SECURITY_PROTOCOL is {options.SecurityProtocol}."
            : $"{setting.Name}: expected nothing, since KAFKA_SECURITY_PROTOCOL is {options.SecurityProtocol}; "
                + "with SASL it is sasl_plaintext or sasl_ssl.");
    }

    private static IEnumerable<string> TlsMistakes(KafkaOptions options)
    {
        var wanted = options.SecurityProtocol.EndsWith("ssl", StringComparison.Ordinal);
        (string Name, string Value, bool IsFile)[] settings =
        [
            ("KAFKA_SSL_CA_LOCATION", options.SslCaLocation, true),
            ("KAFKA_SSL_CERTIFICATE_LOCATION", options.SslCertificateLocation, true),
            ("KAFKA_SSL_KEY_LOCATION", options.SslKeyLocation, true),
            ("KAFKA_SSL_KEY_PASSWORD", options.SslKeyPassword, false),
        ];
        foreach (var (name, value, isFile) in settings.Where(setting => setting.Value.Length > 0))
        {
            if (!wanted)
            {
                yield return $"{name}: expected nothing, since KAFKA_SECURITY_PROTOCOL is {options.SecurityProtocol}; "
                    + "with TLS it is ssl or sasl_ssl.";
            }
            else if (isFile && WhyUnreadable(value) is { } why)
            {
                yield return $"{name}={value}: expected a file that can be read, but {why}.";
            }
        }

        if (options.SslCertificateLocation.Length > 0 != options.SslKeyLocation.Length > 0)
        {
            var (given, missing) = options.SslKeyLocation.Length > 0 ? ("KEY", "CERTIFICATE") : ("CERTIFICATE", "KEY");
            yield return $"KAFKA_SSL_{missing}_LOCATION=: expected a file, since KAFKA_SSL_{given}_LOCATION is set and is of no use alone.";
        }

        if (options.SslKeyPassword.Length > 0 && options.SslKeyLocation.Length == 0)
        {
            yield return "KAFKA_SSL_KEY_PASSWORD: expected nothing, since KAFKA_SSL_KEY_LOCATION is not set.";
        }
    }

    private static string? WhyUnreadable(string file)
    {
        try
        {
            using var opened = File.OpenRead(file);
            return null;
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return refusal switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is none",
                _ when Directory.Exists(file) => "it is a directory",
                UnauthorizedAccessException => "this process may not",
                _ => "it cannot",
            };
        }
    }

    /// <summary>Whether the files hold what they should: only the client's own OpenSSL can tell.</summary>
    private static string? ClientMistake(KafkaOptions options)
    {
        try
        {
            using var producer = new ProducerBuilder<Null, Null>(Properties(options)).SetLogHandler((_, _) => { }).Build();
            return null;
        }
        catch (Exception refusal) when (refusal is InvalidOperationException or ArgumentException or KafkaException)
        {
            return Named(options, refusal.Message);
        }
    }

    private static string Named(KafkaOptions options, string refusal) => refusal.Split(' ')[0] switch
    {
        "ssl.ca.location" => $"KAFKA_SSL_CA_LOCATION={options.SslCaLocation}: expected certificates in PEM.",
        "ssl.certificate.location" => $"KAFKA_SSL_CERTIFICATE_LOCATION={options.SslCertificateLocation}: expected a certificate in PEM.",
        "ssl.key.location" when refusal.Contains("mismatch", StringComparison.Ordinal) =>
            $"KAFKA_SSL_KEY_LOCATION={options.SslKeyLocation}: expected the key to the certificate in KAFKA_SSL_CERTIFICATE_LOCATION.",
        "ssl.key.location" when options.SslKeyPassword.Length > 0 =>
            $"KAFKA_SSL_KEY_LOCATION={options.SslKeyLocation}: expected a private key in PEM, encrypted with KAFKA_SSL_KEY_PASSWORD.",
        "ssl.key.location" => $"KAFKA_SSL_KEY_LOCATION={options.SslKeyLocation}: expected a private key in PEM, "
            + "not encrypted, since KAFKA_SSL_KEY_PASSWORD is not set.",
        // The message may quote a value, which may be a secret.
        _ => $"KAFKA_SECURITY_PROTOCOL={options.SecurityProtocol}: the Kafka client refuses the settings for TLS and SASL together.",
    };
}
