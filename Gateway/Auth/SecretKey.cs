using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace RigKafka.Auth;

/// <summary>The secret as the key of an HMAC, for those who verify tokens and for the command that makes one.</summary>
internal static class SecretKey
{
    /// <summary>HS512 asks for the longest key of the three: 64 bytes (RFC 7518, section 3.2).</summary>
    private const int RequiredBytes = 64;

    /// <summary>HS256 asks for 32 bytes; a secret that is shorter is easier to guess than the signature.</summary>
    private const int AdvisedBytes = 32;

    public static bool IsShort(string secret) => Encoding.UTF8.GetByteCount(secret) < AdvisedBytes;

    /// <summary>
    /// A short secret is padded with zeros to the length that the library insists on. An HMAC pads its key with zeros to the
    /// hash's block (64 or 128 bytes) itself (RFC 2104), so the signatures are those of the secret as it is.
    /// </summary>
    public static SymmetricSecurityKey Of(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        Array.Resize(ref bytes, Math.Max(bytes.Length, RequiredBytes));
        return new SymmetricSecurityKey(bytes);
    }
}
