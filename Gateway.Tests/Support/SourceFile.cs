using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RigKafka.Tests.Support;

/// <summary>A file of <c>Gateway/</c>.</summary>
/// <param name="Folder">Its folder, empty for <c>Gateway/</c> itself.</param>
/// <param name="Name">Its name.</param>
/// <param name="Text">What is in it.</param>
internal sealed partial record SourceFile(string Folder, string Name, string Text)
{
    /// <summary>The text without comments and the contents of strings: these may say anything.</summary>
    public string Code { get; } = CommentOrText().Replace(Text, match => match.Value.StartsWith('/') ? "" : "\"\"");

    public static List<SourceFile> ReadAll()
    {
        var root = Path.Combine(RepositoryFiles.Root, "Gateway");
        var files = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => (File: file, Parts: Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar)))
            .Where(source => source.Parts[0] is not ("bin" or "obj"))
            .Select(source => new SourceFile(string.Join('.', source.Parts[..^1]), source.Parts[^1], File.ReadAllText(source.File)))
            .ToList();
        Assert.That(files, Has.Count.GreaterThan(50), "the sources are where they are looked for");
        return files;
    }

    public override string ToString() => Folder.Length == 0 ? Name : $"{Folder}/{Name}";

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|""""""(.|\n)*?""""""|""(\\.|[^""\\\n])*""")]
    private static partial Regex CommentOrText();
}
