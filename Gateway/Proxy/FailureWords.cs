namespace RigKafka.Proxy;

/// <summary>The words that the metric of failed calls, and their line in the log, have for a reason.</summary>
internal static class FailureWords
{
    public const string NoAddress = "no_address";
    public const string OwnApi = "own_api";
    public const string Loop = "loop";
    public const string UpstreamDown = "upstream_down";
    public const string UpstreamSlow = "upstream_slow";
    public const string BrokenOff = "broken_off";
    public const string BadRequest = "bad_request";
    public const string ClientGone = "client_gone";
    public const string TokenExpired = "token_expired";
    public const string TokenBlacklisted = "token_blacklisted";
    public const string Shutdown = "shutdown";

    public static IEnumerable<string> All => [NoAddress, OwnApi, Loop, UpstreamDown, UpstreamSlow, BrokenOff, BadRequest, ClientGone, TokenExpired, TokenBlacklisted, Shutdown];
}
