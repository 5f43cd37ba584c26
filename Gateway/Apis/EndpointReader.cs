using System.Collections.Immutable;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.Apis;

/// <summary>Reads one endpoint of a definition.</summary>
internal sealed class EndpointReader(LogOptions log)
{
    private const int LongestTimeoutMs = 3_600_000;

    /// <summary>Null only if the path or the method is missing; every mistake is noted in any case.</summary>
    public EndpointDefinition? Read(DefinitionFields fields, ImmutableArray<KeyValuePair<string, string>>? addHeaders)
    {
        var id = fields.Text("id") ?? "";
        var path = Path(fields);
        var method = fields.RequiredText("method");
        if (method is not null && !EndpointDefinition.IsMethod(method))
        {
            fields.AddMistake("method", $"expected {EndpointDefinition.Methods}");
        }

        var open = fields.Bool("not_secured") ?? false;
        var transform = fields.Bool("transform_request_headers") ?? false;
        if (transform && addHeaders is null)
        {
            fields.AddMistake(
                "transform_request_headers",
                "expected version_data.default.transform_request_headers.add_headers to say which, since it is true");
        }

        var timeout = fields.Integer("response_timeout_ms", 1, LongestTimeoutMs);
        var kafka = Kafka(fields, method);
        return path is null || method is null ? null : new EndpointDefinition
        {
            Id = id,
            Path = path,
            Method = method,
            NotSecured = open,
            AddHeaders = transform ? addHeaders ?? [] : [],
            ResponseTimeout = timeout is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            Kafka = kafka,
            Json = fields.Json,
        };
    }

    private static PathTemplate? Path(DefinitionFields fields)
    {
        if (fields.RequiredText("path") is not { } text)
        {
            return null;
        }

        var path = PathTemplate.TryParse(text);
        if (path is null)
        {
            fields.AddMistake(
                "path",
                PathTemplate.IsSocket(text)
                    ? "expected a path outside /socket, which is the gateway's own"
                    : $"expected {PathTemplate.Expected}");
        }

        return path;
    }

    private KafkaTarget? Kafka(DefinitionFields fields, string? method)
    {
        var target = fields.Text("target") ?? "http";
        if (target == "http")
        {
            return null;
        }

        if (target != "kafka")
        {
            fields.AddMistake("target", "expected http or kafka");
            return null;
        }

        if (!log.KafkaEnabled)
        {
            fields.AddMistake("target", "expected http, since KAFKA_ENABLED is false");
        }

        if (method is not null && EndpointDefinition.IsMethod(method) && !HasBody(method))
        {
            fields.AddMistake("method", "expected POST, PUT or PATCH, since the body becomes a record");
        }

        var topic = fields.RequiredText("topic");
        if (topic is not null && !KafkaOptions.IsTopicName(topic))
        {
            fields.AddMistake("topic", KafkaOptions.ExpectedTopicName);
        }

        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, KafkaField>>();
        if (fields.Object("headers") is { } given)
        {
            foreach (var name in given.Names())
            {
                if (Field(given, name) is { } value)
                {
                    headers.Add(new(name, value));
                }
            }
        }

        return new KafkaTarget(topic ?? "", Field(fields, "key"), headers.ToImmutable());
    }

    private static bool HasBody(string method) => method is "POST" or "PUT" or "PATCH";

    private static KafkaField? Field(DefinitionFields fields, string name)
    {
        if (fields.Object(name) is not { } field)
        {
            return null;
        }

        var (value, header, claim) = (field.Text("value"), field.Text("header"), field.Text("claim"));
        if (new[] { value, header, claim }.Count(part => part is not null) != 1)
        {
            fields.AddMistake(name, "expected one of value, header and claim");
            return null;
        }

        return value is not null ? new KafkaField(KafkaFieldSource.Value, value)
            : header is not null ? new KafkaField(KafkaFieldSource.Header, header)
            : new KafkaField(KafkaFieldSource.Claim, claim!);
    }
}
