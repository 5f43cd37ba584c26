using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Telemetry;

internal sealed class OpenTelemetryOptionsTests
{
    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT=(hidden): expected an absolute URL with http or https, such as http://collector:4317.")]
    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://u:p@collector", "OTEL_EXPORTER_OTLP_ENDPOINT=(hidden): expected an absolute URL with http or https, such as http://collector:4317.")]
    [TestCase("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL=http/json: expected one of grpc, http/protobuf.")]
    [TestCase("OTEL_EXPORTER_OTLP_HEADERS", "secret", "OTEL_EXPORTER_OTLP_HEADERS=(hidden): expected a list of key=value, separated by commas.")]
    [TestCase("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "OTEL_EXPORTER_OTLP_TIMEOUT=10s: expected an integer from 1 to 2147483647.")]
    [TestCase("OTEL_EXPORTER_OTLP_COMPRESSION", "zip", "OTEL_EXPORTER_OTLP_COMPRESSION=zip: expected one of none, gzip.")]
    [TestCase("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem", "OTEL_EXPORTER_OTLP_CERTIFICATE=/nowhere.pem: expected the path of a file.")]
    [TestCase("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/nowhere.pem", "OTEL_EXPORTER_OTLP_CLIENT_KEY=/nowhere.pem: expected the path of a file.")]
    [TestCase("OTEL_RESOURCE_ATTRIBUTES", "team", "OTEL_RESOURCE_ATTRIBUTES=team: expected a list of key=value, separated by commas.")]
    [TestCase("OTEL_RESOURCE_ATTRIBUTES", "a=b,=c", "OTEL_RESOURCE_ATTRIBUTES=a=b,=c: expected a list of key=value, separated by commas.")]
    [TestCase("OTEL_TRACES_SAMPLER", "sometimes", "OTEL_TRACES_SAMPLER=sometimes: expected one of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio.")]
    [TestCase("OTEL_TRACES_SAMPLER_ARG", "1.1", "OTEL_TRACES_SAMPLER_ARG=1.1: expected a number from 0.0 to 1.0.")]
    [TestCase("OTEL_TRACES_SAMPLER_ARG", "-0.1", "OTEL_TRACES_SAMPLER_ARG=-0.1: expected a number from 0.0 to 1.0.")]
    [TestCase("OTEL_TRACES_SAMPLER_ARG", "half", "OTEL_TRACES_SAMPLER_ARG=half: expected a number from 0.0 to 1.0.")]
    [TestCase("OTEL_METRICS_EXEMPLAR_FILTER", "all", "OTEL_METRICS_EXEMPLAR_FILTER=all: expected one of always_off, always_on, trace_based.")]
    [TestCase("OTEL_METRIC_EXPORT_INTERVAL", "0", "OTEL_METRIC_EXPORT_INTERVAL=0: expected an integer from 1 to 2147483647.")]
    [TestCase("OTEL_BSP_MAX_QUEUE_SIZE", "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=512: expected no more than OTEL_BSP_MAX_QUEUE_SIZE, 100.")]
    [TestCase("OTEL_SDK_DISABLED", "true", "OTEL_SDK_DISABLED=true: expected one of false.")]
    public void Read_WrongValue_IsRefused(string name, string value, string mistake) => Assert.That(Mistakes((name, value)), Is.EqualTo([mistake]));

    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4317")]
    [TestCase("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, x=")]
    [TestCase("OTEL_RESOURCE_ATTRIBUTES", "team=a=b,service.version=1,")]
    [TestCase("OTEL_TRACES_SAMPLER_ARG", "0.25")]
    [TestCase("OTEL_TRACES_SAMPLER_ARG", "1")]
    [TestCase("OTEL_SDK_DISABLED", "false")]
    public void Read_RightValue_IsTaken(string name, string value) => Assert.That(Mistakes((name, value)), Is.Empty);

    /// <summary>OpenTelemetry takes an empty variable for one that is not set.</summary>
    [Test]
    public void Read_EmptyValues_AreTaken()
    {
        var names = Reader().Settings.Select(setting => setting.Name).ToArray();
        Assert.That(names, Has.Length.GreaterThan(15).And.All.StartsWith("OTEL_"));
        Assert.That(Mistakes([.. names.Select(name => (name, ""))]), Is.Empty);
    }

    /// <summary>The library knows a word in one case only.</summary>
    [Test]
    public void AddTelemetry_WordInAnotherCase_IsHandedOnAsTheLibraryKnowsIt()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "HTTP/Protobuf", ["OTEL_TRACES_SAMPLER"] = "Always_Off" });
        builder.AddTelemetry(new SettingsReader(builder.Configuration));
        Assert.That((builder.Configuration["OTEL_EXPORTER_OTLP_PROTOCOL"], builder.Configuration["OTEL_TRACES_SAMPLER"], builder.Configuration["OTEL_EXPORTER_OTLP_COMPRESSION"]), Is.EqualTo(("http/protobuf", "always_off", (string?)null)));
    }

    private static IReadOnlyList<string> Mistakes(params (string Name, string Value)[] variables) => Reader(variables).Mistakes;

    private static SettingsReader Reader(params (string Name, string Value)[] variables)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(variables.Select(one => KeyValuePair.Create(one.Name, (string?)one.Value))).Build());
        reader.Read<OpenTelemetryOptions>();
        return reader;
    }
}
