namespace RigKafka.Proxy;

/// <summary>A definition led to the API port of this node, which is not for those outside.</summary>
internal sealed class OwnApiException : IOException;
