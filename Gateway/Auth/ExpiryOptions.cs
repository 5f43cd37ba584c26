using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using RigKafka.Connections;

namespace RigKafka.Auth;

/// <summary>What becomes of connections whose token expires, and when their clients are warned.</summary>
internal sealed class ExpiryOptions
{
    [ConfigurationKeyName("JWT_ENFORCE_EXPIRY")]
    [Description("Whether a connection ends when its token expires (JWT_CLOCK_SKEW_SECONDS later, to be exact). The original let it go "
        + "on.")]
    public bool EnforceExpiry { get; set; } = true;

    [ConfigurationKeyName("JWT_EXPIRY_NOTICE_SECONDS"), Range(0, 86_400)]
    [Description("How long before its token expires a client is told so by the event token_expiring, in seconds. 0 means never.")]
    public int ExpiryNoticeSeconds { get; set; } = 30;

    public ExpiryRule Rule => new(EnforceExpiry, ExpiryNoticeSeconds * 1000L);
}
