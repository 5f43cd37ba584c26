using System.Globalization;
using System.Text;

namespace RigKafka.Presence;

/// <summary>The value of a node's own record, written again and again while it lives.</summary>
/// <param name="Started">When it started, in milliseconds since the Unix epoch, by its own clock.</param>
/// <param name="Beat">Which of its heartbeats it is: one more each time, and the same where one is only repeated.</param>
internal readonly record struct PresenceHeartbeat(long Started, long Beat)
{
    public byte[] Write() => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Started} {Beat}"));

    /// <summary>What this version does not understand has zeros.</summary>
    public static PresenceHeartbeat Read(byte[] value)
    {
        var parts = Encoding.ASCII.GetString(value).Split(' ');
        return new PresenceHeartbeat(Number(0), Number(1));

        long Number(int part) => parts.Length > part && long.TryParse(parts[part], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
