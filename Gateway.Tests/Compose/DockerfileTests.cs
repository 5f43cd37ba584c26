using System.Reflection;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Builder;
using NUnit.Framework;
using RigKafka.Tests.Docs;

namespace RigKafka.Tests.Compose;

/// <summary>No engine runs in the tests, so what can be known without one is checked.</summary>
internal sealed class DockerfileTests
{
    private static readonly Assembly Gateway = typeof(Program).Assembly;

    /// <summary>What each line copies from the repository.</summary>
    private static readonly IReadOnlyList<string[]> Copies =
        [.. All("COPY").Where(arguments => !arguments[0].StartsWith("--from", StringComparison.Ordinal)).Select(arguments => arguments[..^1])];

    [Test]
    public void Copies_ExistInTheRepository_AndAreNotIgnored()
    {
        var sources = Copies.SelectMany(copy => copy).ToList();
        Assert.That(sources, Is.Not.Empty);
        Assert.That(sources.Where(source => !Path.Exists(Path.Combine(RepositoryFiles.Root, source))), Is.Empty);
        var let = RepositoryFiles.Read(Dockerfile.Path + ".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();
        Assert.That(sources.Where(source => !let.Any(name => source == name || source.StartsWith(name + '/', StringComparison.Ordinal))), Is.Empty);
    }

    [Test]
    public void Restore_ComesBeforeTheSourcesAreCopied()
    {
        var words = Dockerfile.Instructions.ToList();
        Assert.That(words.FindIndex(line => line.Word == "RUN" && line.Arguments.Contains("restore")), Is.LessThan(words.FindIndex(line => line.Word == "COPY" && line.Arguments[0] == "Gateway/")));
        Assert.That(Copies[0], Does.Contain("global.json").And.Contain("Directory.Build.props").And.Contain("Directory.Packages.props"));
    }

    [Test]
    public void Images_AreOfTheFrameworkThatTheGatewayIsBuiltFor_AndTheLastOneHasNoSdk()
    {
        var version = new FrameworkName(Gateway.GetCustomAttribute<TargetFrameworkAttribute>()!.FrameworkName).Version.ToString(2);
        var images = All("FROM").Select(arguments => arguments[0]).ToList();
        Assert.That(images, Is.All.Contains($":{version}"));
        Assert.That(images[^1], Does.Contain("/aspnet:").And.Contain("chiseled"));
    }

    [Test]
    public void Ports_AreTheDefaultsOfTheSettings()
    {
        var settings = Program.AddFeatures(WebApplication.CreateSlimBuilder()).Settings.ToDictionary(setting => setting.Name, setting => setting.Default);
        Assert.That(All("EXPOSE").Single(), Is.EqualTo([settings["INBOUND_PORT"], settings["API_PORT"]]));
    }

    [Test]
    public void TheLastWords_AreAUserThatIsNotRoot_AndTheGateway()
    {
        Assert.That(Dockerfile.Instructions.Skip(Last("FROM")).Last(line => line.Word == "USER").Arguments, Is.EqualTo(["$APP_UID"]));
        Assert.That(string.Join(' ', Dockerfile.Instructions[Last("ENTRYPOINT")].Arguments), Is.EqualTo($"""["dotnet", "{Gateway.GetName().Name}.dll"]"""));
    }

    private static IEnumerable<string[]> All(string word) => Dockerfile.Instructions.Where(line => line.Word == word).Select(line => line.Arguments);

    private static int Last(string word) => Dockerfile.Instructions.Select(line => line.Word).ToList().LastIndexOf(word);
}
