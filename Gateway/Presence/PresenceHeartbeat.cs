using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace RigKafka.Presence;

/// <summary>The value of a node's own record, written again and again while it lives: when it started, in milliseconds since the Unix epoch.</summary>
internal static class PresenceHeartbeat
{
    public static byte[] Write(long started) => Encoding.ASCII.GetBytes(started.ToString(CultureInfo.InvariantCulture));

    /// <summary>When the node started; long ago for what this version does not understand, since it can only be an older one.</summary>
    public static long Started(byte[] value) => Utf8Parser.TryParse(value, out long started, out _) ? started : 0;
}
