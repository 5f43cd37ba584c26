using System.Text;
using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Publishing;

/// <summary>
/// The text of a 400 that tells a publisher why its request is not a message. Only the publisher reads it, so it may quote what was sent.
/// </summary>
internal static class BadRequestText
{
    public const string OtherType = $"{Plain}: expected application/json, application/x-www-form-urlencoded or multipart/form-data as content type.";

    private const string Plain = "Bad request";
    private const int MaxDump = 1000;

    /// <summary>The most bytes that a character of UTF-16 takes in UTF-8.</summary>
    private const int MaxBytesPerChar = 3;

    /// <param name="fault">What is wrong.</param>
    /// <param name="userField">The name of the user field.</param>
    /// <param name="json">The message as JSON; null if it was to be made of a form or a query that cannot be read.</param>
    public static string Of(MessageFault fault, string userField, byte[]? json) => fault switch
    {
        MessageFault.NoUser => $"{Plain}: expected user-ID in field \"{userField}\", got \"{Dump(json)}\".\n"
            + "Please make sure the Content-Type is set correctly and that you actually pass a map.\n",
        MessageFault.UserTwice => $"{Plain}: field \"{userField}\" stands there more than once.",
        MessageFault.TooDeep => $"{Plain}: nested deeper than {Message.MaxDepth} levels.",
        MessageFault.InvalidUser => $"{Plain}: expected text or a number in field \"{userField}\".",
        MessageFault.InvalidUtf8 => $"{Plain}: the body is not UTF-8.",
        _ when json is null => $"{Plain}: the form or the query cannot be read: expected names and values, percent-encoded UTF-8 or multipart without files.",
        _ => $"{Plain}: the body is not JSON{Place(json)}.",
    };

    /// <summary>Where the JSON is broken.</summary>
    private static string Place(byte[] json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Message.MaxDepth + 1 });
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException broken)
        {
            return $" (line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1})";
        }

        return "";
    }

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
