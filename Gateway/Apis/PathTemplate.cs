using System.Buffers;
using System.Collections.Immutable;
using RigKafka.Http;
using RigKafka.Listeners;

namespace RigKafka.Apis;

/// <summary>
/// A path in which <c>{name}</c> stands for one whole segment that is not empty. Everything else is literal; case and slashes count.
/// </summary>
internal sealed class PathTemplate
{
    public const string Expected = "a path that starts with / and is no more than 2048 characters, such as /books/{id}; "
        + "a parameter is a whole segment, and there is no query, fragment, wildcard, dot segment, encoded backslash or NUL in it";

    private const int MaxLength = 2048;

    private static readonly SearchValues<char> InNames
        = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private PathTemplate(string text, ImmutableArray<string?> segments) => (Text, Segments) = (text, segments);

    /// <summary>The template as the definition has it.</summary>
    public string Text { get; }

    /// <summary>The segments, percent-decoded; null for a parameter.</summary>
    public ImmutableArray<string?> Segments { get; }

    public static PathTemplate? TryParse(string text)
    {
        var isPath = text.Length is > 0 and <= MaxLength && text[0] == '/'
            && text.AsSpan().IndexOfAny("?#*\\ ") < 0 && !text.Any(char.IsControl);
        if (!isPath || AmbiguousPath.Is(text) || IsSocket(text))
        {
            return null;
        }

        var segments = ImmutableArray.CreateBuilder<string?>();
        foreach (var segment in text[1..].Split('/'))
        {
            if (IsParameter(segment))
            {
                segments.Add(null);
            }
            else if (segment.AsSpan().IndexOfAny('{', '}') >= 0)
            {
                return null;
            }
            else
            {
                segments.Add(Uri.UnescapeDataString(segment));
            }
        }

        return new PathTemplate(text, segments.ToImmutable());
    }

    /// <summary>Whether the path lies under /socket: those paths belong to the transports, and no definition can shadow one.</summary>
    public static bool IsSocket(string path)
        => path.StartsWith(Branches.Sockets, StringComparison.Ordinal)
        && (path.Length == Branches.Sockets.Length || path[Branches.Sockets.Length] == '/');

    public override string ToString() => Text;

    private static bool IsParameter(string segment)
        => segment is ['{', _, .., '}'] && segment.Length > 2 && segment.AsSpan(1, segment.Length - 2).IndexOfAnyExcept(InNames) < 0;
}
