using System.Net;
using RigKafka.Auth;

namespace RigKafka.Proxy;

/// <summary>One proxied call, as it was when it was let in.</summary>
internal readonly record struct RequestLogEntry(DateTimeOffset Time, Route Route, string Path, IPAddress? Address, Identity? Identity);
