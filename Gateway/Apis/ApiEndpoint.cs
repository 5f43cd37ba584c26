using System.Collections.Immutable;
using System.Text.Json;

namespace RigKafka.Apis;

/// <summary>One call of an API.</summary>
/// <param name="Id">For the request log; empty where none was given.</param>
/// <param name="Path">Which paths it takes.</param>
/// <param name="Method">Which method it takes.</param>
/// <param name="NotSecured">Whether it is open although the API asks for tokens.</param>
/// <param name="AddHeaders">What is set on the forwarded request, over what the client sent.</param>
/// <param name="ResponseTimeout">How long the answer may take; null for the gateway's setting.</param>
/// <param name="Record">What becomes of the body where the call goes to Kafka.</param>
/// <param name="Json">The whole of it, for the request log.</param>
internal sealed record ApiEndpoint(
    string Id,
    PathTemplate Path,
    string Method,
    bool NotSecured,
    ImmutableArray<KeyValuePair<string, string>> AddHeaders,
    TimeSpan? ResponseTimeout,
    RecordTarget? Record,
    JsonElement Json);
