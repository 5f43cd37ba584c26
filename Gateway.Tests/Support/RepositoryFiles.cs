namespace RigKafka.Tests.Support;

/// <summary>The files of the repository that the tests were built in.</summary>
internal static class RepositoryFiles
{
    public static string Root { get; } = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The pages written by hand or by a command: the README and all of docs/, as paths from the root.</summary>
    public static IEnumerable<string> Pages() =>
        Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(page => Path.GetRelativePath(Root, page))
            .Append("README.md")
            .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "rig-kafka.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests have to run inside the repository.");
        }

        return folder.FullName;
    }
}
