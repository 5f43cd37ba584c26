using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace RigKafka.Transports;

/// <summary>What an operator may choose of long polling.</summary>
internal sealed class LongPollOptions : IValidatableObject
{
    [ConfigurationKeyName("LONGPOLL_WINDOW_MS"), Range(100, 120_000)]
    [Description("How long a poll waits for messages before it is answered with none, in milliseconds.")]
    public int WindowMs { get; set; } = 10_000;

    [ConfigurationKeyName("LONGPOLL_IDLE_TIMEOUT_MS"), Range(1_000, 600_000)]
    [Description("How long a session lives from one poll to the next, in milliseconds; more than LONGPOLL_WINDOW_MS.")]
    public int IdleTimeoutMs { get; set; } = 20_000;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IdleTimeoutMs <= WindowMs)
        {
            yield return new ValidationResult(
                $"LONGPOLL_IDLE_TIMEOUT_MS={IdleTimeoutMs}: expected more than LONGPOLL_WINDOW_MS, which is {WindowMs}, "
                + "or a session would end while its poll waits.");
        }
    }
}
