using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace RigKafka.Telemetry;

/// <summary>
/// The variables of the OpenTelemetry specification that hold here. Its library reads them by itself, and takes a default without a word
/// where it cannot read one.
/// </summary>
internal sealed class OpenTelemetryOptions : IValidatableObject
{
    private const string OfTheSpecification = "As the OpenTelemetry specification says.";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_ENDPOINT")]
    [Description("Where metrics and traces are sent by OTLP, such as http://collector:4317; empty for nowhere.")]
    public string Endpoint { get; set; } = "";

    [ConfigurationKeyName("OTEL_SERVICE_NAME")]
    [Description("The name of the node in the metrics and traces that are sent. If it is not set, a service.name in "
        + "OTEL_RESOURCE_ATTRIBUTES counts.")]
    public string ServiceName { get; set; } = "rig-kafka";

    [ConfigurationKeyName("OTEL_RESOURCE_ATTRIBUTES")]
    [Description("More attributes of the node: a list of key=value, separated by commas.")]
    public string ResourceAttributes { get; set; } = "";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_PROTOCOL"), AllowedValues("grpc", "http/protobuf")]
    [Description("The protocol by which OTLP is sent.")]
    public string Protocol { get; set; } = "grpc";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_HEADERS")]
    [Description("Headers that are sent with OTLP: a list of key=value, separated by commas.")]
    [Settings.Secret]
    public string Headers { get; set; } = "";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_TIMEOUT")]
    [Description("How long sending may take, in milliseconds.")]
    [Range(1, int.MaxValue)]
    public int TimeoutMs { get; set; } = 10_000;

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_COMPRESSION"), AllowedValues("none", "gzip")]
    [Description(OfTheSpecification)]
    public string Compression { get; set; } = "none";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_CERTIFICATE")]
    [Description("A PEM file with the authority that signed the collector's certificate.")]
    public string Certificate { get; set; } = "";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE")]
    [Description("A PEM file with the certificate that the node shows to the collector.")]
    public string ClientCertificate { get; set; } = "";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_CLIENT_KEY")]
    [Description("A PEM file with its key.")]
    public string ClientKey { get; set; } = "";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"), AllowedValues("cumulative", "delta", "lowmemory")]
    [Description(OfTheSpecification)]
    public string Temporality { get; set; } = "cumulative";

    [ConfigurationKeyName("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION")]
    [AllowedValues("explicit_bucket_histogram", "base2_exponential_bucket_histogram")]
    [Description(OfTheSpecification)]
    public string HistogramAggregation { get; set; } = "explicit_bucket_histogram";

    [ConfigurationKeyName("OTEL_METRIC_EXPORT_INTERVAL")]
    [Description("How often metrics are sent, in milliseconds.")]
    [Range(1, int.MaxValue)]
    public int MetricIntervalMs { get; set; } = 60_000;

    [ConfigurationKeyName("OTEL_METRIC_EXPORT_TIMEOUT")]
    [Description("How long sending metrics may take, in milliseconds.")]
    [Range(1, int.MaxValue)]
    public int MetricTimeoutMs { get; set; } = 30_000;

    [ConfigurationKeyName("OTEL_METRICS_EXEMPLAR_FILTER"), AllowedValues("always_off", "always_on", "trace_based")]
    [Description(OfTheSpecification)]
    public string ExemplarFilter { get; set; } = "always_off";

    [ConfigurationKeyName("OTEL_TRACES_SAMPLER")]
    [AllowedValues("always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio")]
    [Description("Which requests are traced.")]
    public string Sampler { get; set; } = "parentbased_always_on";

    [ConfigurationKeyName("OTEL_TRACES_SAMPLER_ARG")]
    [Description("The share of them for traceidratio and parentbased_traceidratio, from 0.0 to 1.0; 1.0 where it is empty.")]
    public string SamplerArgument { get; set; } = "";

    [ConfigurationKeyName("OTEL_BSP_SCHEDULE_DELAY")]
    [Description("How often traces are sent, in milliseconds.")]
    [Range(1, int.MaxValue)]
    public int SpanDelayMs { get; set; } = 5_000;

    [ConfigurationKeyName("OTEL_BSP_EXPORT_TIMEOUT")]
    [Description("How long sending traces may take, in milliseconds.")]
    [Range(1, int.MaxValue)]
    public int SpanTimeoutMs { get; set; } = 30_000;

    [ConfigurationKeyName("OTEL_BSP_MAX_QUEUE_SIZE")]
    [Description("How many spans wait to be sent, at most; more are dropped.")]
    [Range(1, int.MaxValue)]
    public int SpanQueue { get; set; } = 2_048;

    [ConfigurationKeyName("OTEL_BSP_MAX_EXPORT_BATCH_SIZE")]
    [Description("How many spans are sent at once, at most.")]
    [Range(1, int.MaxValue)]
    public int SpanBatch { get; set; } = 512;

    [ConfigurationKeyName("OTEL_SDK_DISABLED"), AllowedValues("false")]
    [Description("Only false: without the library there is no /metrics. To send nothing, leave OTEL_EXPORTER_OTLP_ENDPOINT empty.")]
    public string IsDisabled { get; set; } = "false";

    /// <summary>Those that are a word from a list. The library knows a word in one case only.</summary>
    public IEnumerable<(string Name, string Word)> Words =>
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", Protocol),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", Compression),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", Temporality),
        ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", HistogramAggregation),
        ("OTEL_METRICS_EXEMPLAR_FILTER", ExemplarFilter),
        ("OTEL_TRACES_SAMPLER", Sampler),
    ];

    /// <summary>Whether metrics and traces are sent at all.</summary>
    public bool IsExported => Endpoint.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Endpoint.Length > 0
            && !(Uri.TryCreate(Endpoint, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)))
        {
            yield return new ValidationResult(
                "OTEL_EXPORTER_OTLP_ENDPOINT=(hidden): expected an absolute URL with http or https, such as http://collector:4317.");
        }

        if (!ArePairs(ResourceAttributes))
        {
            yield return new ValidationResult($"OTEL_RESOURCE_ATTRIBUTES={ResourceAttributes.ReplaceLineEndings(" ")}: expected a list of key=value, separated by commas.");
        }

        if (!ArePairs(Headers))
        {
            yield return new ValidationResult("OTEL_EXPORTER_OTLP_HEADERS=(hidden): expected a list of key=value, separated by commas.");
        }

        if (SamplerArgument.Length > 0
            && !(double.TryParse(SamplerArgument, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share <= 1))
        {
            yield return new ValidationResult(
                $"OTEL_TRACES_SAMPLER_ARG={SamplerArgument.ReplaceLineEndings(" ")}: expected a number from 0.0 to 1.0.");
        }

        if (SpanBatch > SpanQueue)
        {
            yield return new ValidationResult(
                $"OTEL_BSP_MAX_EXPORT_BATCH_SIZE={SpanBatch}: expected no more than OTEL_BSP_MAX_QUEUE_SIZE, {SpanQueue}.");
        }

        foreach (var (name, file) in new[] { ("CERTIFICATE", Certificate), ("CLIENT_CERTIFICATE", ClientCertificate), ("CLIENT_KEY", ClientKey) })
        {
            if (file.Length > 0 && !File.Exists(file))
            {
                yield return new ValidationResult(
                    $"OTEL_EXPORTER_OTLP_{name}={file.ReplaceLineEndings(" ")}: expected the path of a file.");
            }
        }
    }

    private static bool ArePairs(string list) =>
        list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).All(pair => pair.IndexOf('=') > 0);
}
