using System.Reflection;
using System.Runtime.Versioning;
using NUnit.Framework;

namespace RigKafka.Tests.Compose;

/// <summary>No engine runs in the tests, so what can be known without one is checked.</summary>
[TestFixture(Dockerfile.OfGateway, "Gateway")]
[TestFixture(Dockerfile.OfProduceService, "ProduceService")]
internal sealed class DockerfileTests(string path, string program)
{
    private readonly IReadOnlyList<(string Word, string[] Arguments)> _instructions = new Dockerfile(path).Instructions;

    /// <summary>What each line copies from the repository.</summary>
    private IReadOnlyList<string[]> Copies =>
        [.. All("COPY").Where(arguments => !arguments[0].StartsWith("--from", StringComparison.Ordinal)).Select(arguments => arguments[..^1])];

    [Test]
    public void Copies_ExistInTheRepository_AndAreNotIgnored()
    {
        var sources = Copies.SelectMany(copy => copy).ToList();
        Assert.That(sources, Is.Not.Empty);
        Assert.That(sources.Where(source => !Path.Exists(Path.Combine(RepositoryFiles.Root, source))), Is.Empty);
        var let = RepositoryFiles.Read(path + ".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();
        Assert.That(sources.Where(source => !let.Any(name => source == name || source.StartsWith(name + '/', StringComparison.Ordinal))), Is.Empty);
    }

    [Test]
    public void FirstCopy_HasWhatTheBuildAndItsPackagesDependOn() =>
        Assert.That(Copies[0], Does.Contain("global.json").And.Contain("Directory.Build.props").And.Contain("Directory.Packages.props"));

    [Test]
    public void Images_AreOfTheFrameworkThatTheGatewayIsBuiltFor_AndTheLastOneHasNoSdk()
    {
        var version = new FrameworkName(typeof(Program).Assembly.GetCustomAttribute<TargetFrameworkAttribute>()!.FrameworkName).Version.ToString(2);
        var images = All("FROM").Select(arguments => arguments[0]).ToList();
        Assert.That(images, Is.All.Contains($":{version}"));
        Assert.That(images[^1], Does.Contain("/aspnet:").And.Contain("chiseled"));
    }

    [Test]
    public void TheLastWords_AreAUserThatIsNotRoot_AndTheProgram()
    {
        Assert.That(_instructions.Skip(Last("FROM")).Last(line => line.Word == "USER").Arguments, Is.EqualTo(["$APP_UID"]));
        Assert.That(string.Join(' ', _instructions[Last("ENTRYPOINT")].Arguments), Is.EqualTo($"""["dotnet", "{program}.dll"]"""));
    }

    private IEnumerable<string[]> All(string word) => _instructions.Where(line => line.Word == word).Select(line => line.Arguments);

    private int Last(string word) => _instructions.Select(line => line.Word).ToList().LastIndexOf(word);
}
