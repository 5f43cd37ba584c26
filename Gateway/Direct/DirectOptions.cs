using System.ComponentModel;

namespace RigKafka.Direct;

/// <summary>Which transport the plain ports have.</summary>
internal sealed class DirectOptions
{
    [ConfigurationKeyName("DIRECT_TRANSPORT_ENABLED")]
    [Description("Whether a stream of Server-Sent Events or a WebSocket on INBOUND_PORT leaves the web server once it is open, so that it takes "
        + "a fraction of the memory. false keeps it in the web server, as on the port with TLS. API_PORT follows it. It works on Linux only, on x86-64 and arm64; "
        + "elsewhere the web server keeps all.")]
    public bool IsEnabled { get; set; } = true;
}
