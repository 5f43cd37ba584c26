namespace RigKafka.Http;

/// <summary>By which names an endpoint of the API may be called, where the rule for the others does not fit.</summary>
internal sealed class ApiHostRule
{
    /// <summary>By any: it says nothing that is worth a rebound name, and probes ask for it by whatever name they have.</summary>
    public static readonly ApiHostRule AnyName = new();

    /// <summary>By an address, a name of this machine or one in the settings, whichever interface the call came in on: it hands out what signs a user in.</summary>
    public static readonly ApiHostRule KnownName = new();

    private ApiHostRule()
    {
    }
}
