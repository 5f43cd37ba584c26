namespace RigKafka.Tests.Support;

/// <summary>Bounds on wall time. No test measures the clock of a machine that others may keep busy: what has to be quick is told by order, by counting, or by a fake clock.</summary>
internal static class Limits
{
    /// <summary>How long a test waits for what is bound to come: only a hang takes longer, however busy the machine is.</summary>
    public static readonly TimeSpan Hang = TimeSpan.FromSeconds(HangSeconds);

    /// <summary>The same for a constraint that is looked at again and again.</summary>
    public const int HangSeconds = 120;
}
