using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace RigKafka.Tests.Compose;

/// <summary>What the tests look at in <c>compose/compose.yaml</c>.</summary>
internal sealed class ComposeFile
{
    public const string Path = "compose/compose.yaml";

    public Dictionary<string, ComposeService> Services { get; set; } = [];

    public static ComposeFile Read() =>
        new DeserializerBuilder()
            .WithNamingConvention(UnderscoredNamingConvention.Instance)
            .IgnoreUnmatchedProperties()
            .WithDuplicateKeyChecking()
            .Build()
            .Deserialize<ComposeFile>(new MergingParser(new Parser(new StringReader(RepositoryFiles.Read(Path)))));
}
