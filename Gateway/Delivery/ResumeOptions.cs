using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Delivery;

/// <summary>What a client that comes back with an id is given, and what it may cost.</summary>
internal sealed class ResumeOptions
{
    [ConfigurationKeyName("HISTORY_MAX_BYTES"), Range(0, 2_000_000_000)]
    [Description("How many bytes of the newest messages of all users this node keeps in memory, for clients that come back; each message "
        + "counts up to 47 bytes more than its JSON. What is older is read from Kafka once more. 0 turns it off.")]
    public int HistoryMaxBytes { get; set; } = 64 * 1024 * 1024;

    [ConfigurationKeyName("RESUME_MAX_RECORDS"), Range(0, 1_000_000_000)]
    [Description("How many records may be read from Kafka once more for one client that comes back; one that has been away for longer is "
        + "sent a gap (too_much). All clients of a user may have four times as many read in a minute.")]
    public int MaxRecords { get; set; } = 1_000_000;

    [ConfigurationKeyName("RESUME_MAX_BYTES"), Range(0, 2_000_000_000)]
    [Description("How many bytes of missed messages may be held in memory at a time, for all clients of this node; beyond it a client is "
        + "sent a gap (too_much). One client's are bounded by half of OUTBOX_MAX_BYTES.")]
    public int MaxBytes { get; set; } = 64 * 1024 * 1024;

    [ConfigurationKeyName("RESUME_WAIT_MS"), Range(0, 60_000)]
    [Description("How long, in milliseconds, a client that has seen more than this node waits for the node to catch up, before it is "
        + "sent away to come back (behind).")]
    public int WaitMs { get; set; } = 500;
}
