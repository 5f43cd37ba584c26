namespace RigKafka.Listeners;

/// <summary>The words that the metrics of TCP connections have for who is at the other end.</summary>
internal static class PeerWords
{
    public const string Clients = "clients";

    /// <summary>Back-ends and operators.</summary>
    public const string Api = "api";

    /// <summary>Those behind the proxy, where it is this node that connects.</summary>
    public const string Services = "services";
}
