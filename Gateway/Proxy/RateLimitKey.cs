using System.Net;

namespace RigKafka.Proxy;

/// <summary>Whose calls are counted together.</summary>
internal readonly record struct RateLimitKey(string Target, IPAddress? Address);
