namespace RigKafka.Apis;

/// <summary>An endpoint as requests meet it.</summary>
/// <param name="Order">Its place in the order of matching; the lower one wins.</param>
/// <param name="Definition">The API it belongs to.</param>
/// <param name="Endpoint">The call.</param>
/// <param name="Address">Scheme, host and port of the service; null where a call goes to Kafka, or where the definition gives no address.</param>
internal sealed record ApiRoute(int Order, ApiDefinition Definition, ApiEndpoint Endpoint, string? Address)
{
    /// <summary>Whether a call needs a token.</summary>
    public bool IsSecured => Definition.Auth is not null && !Endpoint.NotSecured;

    /// <summary>What rate limits and log lines call the other side.</summary>
    public string TargetName { get; } = Endpoint.Record is { } record ? $"kafka:{record.Topic}" : Definition.Target!.Name;
}
