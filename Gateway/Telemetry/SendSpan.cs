using System.Diagnostics;

namespace RigKafka.Telemetry;

/// <summary>The span of a record that a request writes to Kafka: until the brokers have it.</summary>
internal sealed class SendSpan : IDisposable
{
    private readonly Activity _request;
    private readonly Activity _span;

    private SendSpan(Activity request, Activity span) => (_request, _span) = (request, span);

    /// <summary>Starts one below the span of the request that is under way. Null where that has none.</summary>
    public static SendSpan? Start(string topic) =>
        SpanSource.IsOn && Activity.Current is { Recorded: true } request
        && SpanSource.StartRecord("send", ActivityKind.Producer, request.Context, topic) is { } span
            ? new SendSpan(request, span)
            : null;

    /// <summary>The headers of the record: where they name the request's span as the parent, this one takes its place.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Told(IReadOnlyList<KeyValuePair<string, string>> headers) =>
    [
        .. headers.Select(header => header.Key == RequestSpan.Parent && header.Value == _request.Id
            ? KeyValuePair.Create(header.Key, _span.Id!)
            : header),
    ];

    public void Stored(int partition, long offset) => _span.Place(partition, offset);

    public void Failed(string kind) => _span.Fail(kind);

    public void Dispose() => _span.Dispose();
}
