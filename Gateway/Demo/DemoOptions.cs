using System.ComponentModel;

namespace RigKafka.Demo;

/// <summary>Whether there is a demo.</summary>
internal sealed class DemoOptions
{
    [ConfigurationKeyName("DEMO_ENABLED")]
    [Description("Whether the API port has a page at /demo to try the gateway with. It signs a token for any user, for everybody who "
        + "asks, with JWT_SECRET_KEY: never switch it on where a token is worth anything. Not together with API_TOKEN.")]
    public bool Enabled { get; set; }
}
