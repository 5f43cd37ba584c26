using System.Text;
using RigKafka.Messages;

namespace RigKafka.Publishing;

/// <summary>
/// The text of a 400 that tells a publisher why its request is not a message. Only the publisher reads it, so it may quote what was sent.
/// </summary>
internal static class BadRequestText
{
    private const string Plain = "Bad request";
    private const int MaxDump = 1000;

    /// <summary>The most bytes that a character of UTF-16 takes in UTF-8.</summary>
    private const int MaxBytesPerChar = 3;

    public static string Of(MessageFault fault, string userField, ReadOnlySpan<byte> json) => fault switch
    {
        MessageFault.NoUser => $"{Plain}: expected user-ID in field \"{userField}\", got \"{Dump(json)}\".\n"
            + "Please make sure the Content-Type is set correctly and that you actually pass a map.\n",
        MessageFault.UserTwice => $"{Plain}: field \"{userField}\" stands there more than once.",
        MessageFault.TooDeep => $"{Plain}: nested deeper than {Message.MaxDepth} levels.",
        _ => Plain,
    };

    private static string Dump(ReadOnlySpan<byte> json)
    {
        var start = json[..Math.Min(json.Length, (MaxDump + 1) * MaxBytesPerChar)];
        var text = Encoding.UTF8.GetString(start).Replace('\n', ' ').Replace('\r', ' ');
        if (text.Length <= MaxDump)
        {
            return text;
        }

        var end = char.IsHighSurrogate(text[MaxDump - 1]) ? MaxDump - 1 : MaxDump;
        return text[..end] + "…";
    }
}
