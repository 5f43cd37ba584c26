using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Transports;

/// <summary>What an operator may choose of Server-Sent Events.</summary>
internal sealed class SseOptions
{
    [ConfigurationKeyName("SSE_RETRY_MS"), Range(0, 600_000)]
    [Description("After how long a browser should come back to a stream that ended, in milliseconds. Each client is told a time "
        + "between half and one and a half of it, so that they do not all come at once.")]
    public int RetryMs { get; set; } = 3_000;

    [ConfigurationKeyName("SSE_REFUSE_WITH_STATUS")]
    [Description("Whether even an EventSource gets the status 503 or 429 when it is refused for the moment. This is for a balancer "
        + "that has to see the status. The EventSource then never comes back: the page has to open another.")]
    public bool RefuseWithStatus { get; set; }

    [ConfigurationKeyName("SSE_VSN_CHECK")]
    [Description("Whether a stream with a parameter vsn other than 1.0.x is refused, as the original did.")]
    public bool VsnCheck { get; set; } = true;
}
