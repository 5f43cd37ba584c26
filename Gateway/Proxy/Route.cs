namespace RigKafka.Proxy;

/// <summary>An endpoint as requests meet it.</summary>
/// <param name="Order">Its place in the order of matching; the lower one wins.</param>
/// <param name="Definition">The API it belongs to.</param>
/// <param name="Endpoint">The call.</param>
/// <param name="Upstream">Where it is forwarded to; null where it goes to Kafka, or where there is no address.</param>
internal sealed record Route(int Order, ApiDefinition Definition, ApiEndpoint Endpoint, Upstream? Upstream)
{
    /// <summary>Whether a call needs a token.</summary>
    public bool IsSecured => Definition.Auth is not null && !Endpoint.NotSecured;

    /// <summary>What rate limits and log lines call the other side.</summary>
    public string TargetName { get; } = Endpoint.Record is { } record ? $"kafka:{record.Topic}" : Definition.Target!.Name;
}
