using System.Collections.Immutable;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.Apis;

/// <summary>Reads one endpoint of a definition.</summary>
internal sealed class EndpointReader(LogOptions log)
{
    private const int LongestTimeoutMs = 3_600_000;

    /// <summary>Null only when what is wrong leaves nothing to go on with; every mistake is noted in any case.</summary>
    public ApiEndpoint? Read(Fields fields, ImmutableArray<KeyValuePair<string, string>>? addHeaders)
    {
        var id = fields.Text("id") ?? "";
        var path = Path(fields);
        var method = fields.RequiredText("method");
        if (method is not null && !Verbs.Contains(method))
        {
            fields.Refuse("method", $"expected {Verbs.All}");
        }

        var open = fields.Bool("not_secured") ?? false;
        var transform = fields.Bool("transform_request_headers") ?? false;
        if (transform && addHeaders is null)
        {
            fields.Refuse("transform_request_headers", "expected version_data.default.transform_request_headers.add_headers to say which, since it is true");
        }

        var timeout = fields.Integer("response_timeout_ms", 1, LongestTimeoutMs);
        var record = Record(fields, method);
        return path is null || method is null
            ? null
            : new ApiEndpoint(id, path, method, open, transform ? addHeaders ?? [] : [], timeout is { } ms ? TimeSpan.FromMilliseconds(ms) : null, record, fields.Json);
    }

    private static PathTemplate? Path(Fields fields)
    {
        if (fields.RequiredText("path") is not { } text)
        {
            return null;
        }

        var path = PathTemplate.TryParse(text);
        if (path is null)
        {
            fields.Refuse("path", PathTemplate.IsSocket(text) ? "expected a path outside /socket, which is the gateway's own" : $"expected {PathTemplate.Expected}");
        }

        return path;
    }

    private RecordTarget? Record(Fields fields, string? method)
    {
        var target = fields.Text("target") ?? "http";
        if (target == "http")
        {
            return null;
        }

        if (target != "kafka")
        {
            fields.Refuse("target", "expected http or kafka");
            return null;
        }

        if (!log.KafkaEnabled)
        {
            fields.Refuse("target", "expected http, since KAFKA_ENABLED is false");
        }

        if (method is not null && Verbs.Contains(method) && !Verbs.HaveBody(method))
        {
            fields.Refuse("method", "expected POST, PUT or PATCH, since the body becomes a record");
        }

        var topic = fields.RequiredText("topic");
        if (topic is not null && !KafkaOptions.IsTopicName(topic))
        {
            fields.Refuse("topic", KafkaOptions.ExpectedTopicName);
        }

        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, RecordField>>();
        if (fields.Object("headers") is { } given)
        {
            headers.AddRange(given.Names().Select(name => KeyValuePair.Create(name, RecordField(given, name))).Where(pair => pair.Value is not null)!);
        }

        return new RecordTarget(topic ?? "", RecordField(fields, "key"), headers.ToImmutable());
    }

    private static RecordField? RecordField(Fields fields, string name)
    {
        if (fields.Object(name) is not { } field)
        {
            return null;
        }

        var (value, header, claim) = (field.Text("value"), field.Text("header"), field.Text("claim"));
        if (new[] { value, header, claim }.Count(part => part is not null) != 1)
        {
            fields.Refuse(name, "expected one of value, header and claim");
            return null;
        }

        return value is not null ? new RecordField(RecordFieldSource.Value, value)
            : header is not null ? new RecordField(RecordFieldSource.Header, header)
            : new RecordField(RecordFieldSource.Claim, claim!);
    }
}
