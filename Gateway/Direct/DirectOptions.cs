using System.ComponentModel;

namespace RigKafka.Direct;

/// <summary>Which transport the plain port for clients has.</summary>
internal sealed class DirectOptions
{
    [ConfigurationKeyName("DIRECT_TRANSPORT_ENABLED")]
    [Description("Whether a stream of Server-Sent Events on INBOUND_PORT leaves the web server once it is open, so that it takes a fraction "
        + "of the memory. false keeps it in the web server, as on all other ports. It works on Linux only, on x86-64 and arm64, and is new: "
        + "not every test of faults has run on it yet.")]
    public bool IsEnabled { get; set; }
}
