using System.Text;
using System.Text.Unicode;

namespace RigKafka.Telemetry;

/// <summary>
/// The values of headers are bytes, each of which is a character here, so that they leave as they came (RFC 9110, section 5.5). This is
/// for the few that become text of ours.
/// </summary>
internal static class HeaderText
{
    /// <summary>What a value says: its bytes as UTF-8 where that is what they are, else as Latin-1.</summary>
    public static string Read(string value)
    {
        if (Ascii.IsValid(value))
        {
            return value;
        }

        var bytes = Encoding.Latin1.GetBytes(value);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : value;
    }

    /// <summary>A text as the value of a header, in UTF-8.</summary>
    public static string Write(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
