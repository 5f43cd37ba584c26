using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Delivery;

/// <summary>How a node goes down.</summary>
internal sealed class ShutdownOptions : IValidatableObject
{
    [ConfigurationKeyName("SHUTDOWN_DELAY_MS"), Range(0, 600_000)]
    [Description("How long a node that is told to stop serves everything as before, in milliseconds, with health pages that answer 503: so "
        + "balancers send nobody there any more before it refuses anybody. Ctrl-C skips it.")]
    public int DelayMs { get; set; }

    [ConfigurationKeyName("DRAIN_MS"), Range(0, 600_000)]
    [Description("Over how long a stopping node then ends its streams, one after another, in milliseconds; at most 1 ms a stream. So their "
        + "clients do not all come to the other nodes at once. 0 ends all at once, as does Ctrl-C.")]
    public int DrainMs { get; set; } = 5_000;

    [ConfigurationKeyName("SHUTDOWN_TIMEOUT_MS"), Range(0, 600_000)]
    [Description("How long a stopping node may take in all, in milliseconds; then it breaks off what is left. At least 2000 more than "
        + "SHUTDOWN_DELAY_MS and DRAIN_MS together, where these are not 0.")]
    public int ShutdownTimeoutMs { get; set; } = 10_000;

    /// <summary>What the log, and a client with its last words, have at least beside what is stretched.</summary>
    private const int LeastLeftMs = 2_000;

    /// <summary>When the host, and so the server, breaks off every connection: just after the streams had their time to end.</summary>
    public TimeSpan HostTimeout => TimeSpan.FromMilliseconds(ShutdownTimeoutMs + 500);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var stretched = DelayMs + DrainMs;
        if (stretched > 0 && ShutdownTimeoutMs < stretched + LeastLeftMs)
        {
            yield return new ValidationResult(
                $"SHUTDOWN_TIMEOUT_MS={ShutdownTimeoutMs}: expected at least {LeastLeftMs} more than SHUTDOWN_DELAY_MS and DRAIN_MS together, which are {stretched}.");
        }
    }
}
