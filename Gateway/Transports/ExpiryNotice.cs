using System.Globalization;
using System.Text;

namespace RigKafka.Transports;

/// <summary>The event that tells a client that its token ends soon.</summary>
internal static class ExpiryNotice
{
    public const string Event = "token_expiring";

    /// <param name="expiresAt">When it ends, in seconds since the Unix epoch.</param>
    public static byte[] Payload(long expiresAt) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"expires_at":{{expiresAt}}}"""));
}
