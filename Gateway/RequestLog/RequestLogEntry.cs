using System.Net;
using RigKafka.Apis;
using RigKafka.Auth;

namespace RigKafka.RequestLog;

/// <summary>One proxied call, as it was when it was let in.</summary>
internal readonly record struct RequestLogEntry(DateTimeOffset Time, ApiRoute Route, string Path, IPAddress? Address, Identity? Identity);
