using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace RigKafka.Apis;

/// <summary>What an operator said of one API: which calls are let through, for whom, and where they go.</summary>
/// <param name="Id">Its key, and its place in the order of matching.</param>
/// <param name="Name">For people; empty where none was given.</param>
/// <param name="Active">Whether it is routed and listed.</param>
/// <param name="Auth">Where a call carries its token; null where none is asked for.</param>
/// <param name="Endpoints">The calls, in the order of matching.</param>
/// <param name="Target">Where calls are forwarded to; null where all of them go to Kafka.</param>
/// <param name="Json">The whole of it, as it is stored and shown.</param>
internal sealed record ApiDefinition(string Id, string Name, bool Active, AuthRule? Auth, ImmutableArray<ApiEndpoint> Endpoints, ApiTarget? Target, JsonElement Json)
{
    /// <summary>What services get of a client's headers although the gateway would drop it.</summary>
    public FrozenSet<string> PassedHeaders { get; init; } = FrozenSet<string>.Empty;
}
