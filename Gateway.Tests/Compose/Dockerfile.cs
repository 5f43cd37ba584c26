using RigKafka.Tests.Docs;

namespace RigKafka.Tests.Compose;

/// <summary>The instructions of <c>compose/Dockerfile</c>, in order.</summary>
internal static class Dockerfile
{
    public const string Path = "compose/Dockerfile";

    public static IReadOnlyList<(string Word, string[] Arguments)> Instructions { get; } =
    [
        .. RepositoryFiles.Read(Path).Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => (words[0], words[1..])),
    ];
}
