using NUnit.Framework;

namespace RigKafka.Tests.Docs;

internal sealed class SnippetsTests
{
    private const string Page = "docs/getting-started/never-miss-a-message";

    [Test]
    public void NeverMissAMessage_ShowsEachSnippetAsItsFileHasIt()
    {
        var files = Directory.GetFiles(Path.Combine(RepositoryFiles.Root, Page));
        var page = RepositoryFiles.Read($"{Page}.md");

        Assert.That(files, Is.Not.Empty);
        Assert.That(files.Where(file => !page.Contains($"```javascript\n{File.ReadAllText(file)}```\n", StringComparison.Ordinal)), Is.Empty);
    }
}
