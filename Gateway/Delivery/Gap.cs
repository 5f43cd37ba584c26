using System.Text;

namespace RigKafka.Delivery;

/// <summary>The event that says: here something may be missing. The reasons of the log are in <see cref="Log.LogPlacement"/>; another is <see cref="Messages.MessageFault.TooLarge"/>.</summary>
internal static class Gap
{
    /// <summary>The client asked to go on from an id, which this version cannot do.</summary>
    public const string ResumeUnsupported = "resume_unsupported";

    /// <param name="reason">A word, not to be escaped in JSON.</param>
    public static byte[] Payload(string reason) => Encoding.UTF8.GetBytes($$"""{"reason":"{{reason}}"}""");
}
