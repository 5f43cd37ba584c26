
namespace RigKafka.Tests.Compose;

/// <summary>The instructions of a Dockerfile, in order.</summary>
internal sealed class Dockerfile(string path)
{
    public const string OfGateway = "compose/Dockerfile";
    public const string OfProduceService = "compose/ProduceService/Dockerfile";

    public IReadOnlyList<(string Word, string[] Arguments)> Instructions { get; } =
    [
        .. RepositoryFiles.Read(path).Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => (words[0], words[1..])),
    ];
}
