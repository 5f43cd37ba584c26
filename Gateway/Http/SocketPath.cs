namespace RigKafka.Http;

/// <summary>Where the transports are.</summary>
internal static class SocketPath
{
    /// <summary>All paths below it are the gateway's own.</summary>
    public const string Root = "/socket";
}
