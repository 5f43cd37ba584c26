using System.Buffers;
using System.Collections.Immutable;
using RigKafka.Http;

namespace RigKafka.Apis;

/// <summary>A path in which <c>{name}</c> stands for one whole segment that is not empty; all else is literal. Case and slashes count.</summary>
internal sealed class PathTemplate
{
    public const string Expected = "a path that starts with / and is no more than 2048 characters, such as /books/{id}; a parameter is a whole segment, and there is no query, fragment, wildcard, dot segment, encoded backslash or NUL in it";

    private const int MaxLength = 2048;
    private const string SocketPrefix = "/socket";

    private static readonly SearchValues<char> InNames = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private PathTemplate(string text, ImmutableArray<string?> segments) => (Text, Segments) = (text, segments);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>What stands between the slashes, percent-decoded; null for a parameter.</summary>
    public ImmutableArray<string?> Segments { get; }

    public static PathTemplate? TryParse(string text)
    {
        if (text.Length is 0 or > MaxLength || text[0] != '/' || text.AsSpan().IndexOfAny("?#*\\ ") >= 0 || text.Any(char.IsControl) || AmbiguousPath.Is(text) || IsSocket(text))
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

    /// <summary>What lies under /socket is the transports' own, so that no definition can shadow one.</summary>
    public static bool IsSocket(string path) => path.StartsWith(SocketPrefix, StringComparison.Ordinal) && (path.Length == SocketPrefix.Length || path[SocketPrefix.Length] == '/');

    public override string ToString() => Text;

    private static bool IsParameter(string segment) => segment is ['{', _, .., '}'] && segment.Length > 2 && segment.AsSpan(1, segment.Length - 2).IndexOfAnyExcept(InNames) < 0;
}
