using System.CommandLine;
using NUnit.Framework;
using RigKafka.Commands;

namespace RigKafka.Tests.Docs;

internal sealed class SettingsPageTests
{
    [Test]
    public void SettingsPage_IsTheOneThatTheCommandMakes()
    {
        using var page = new StringWriter { NewLine = "\n" };
        CommandLine.Run(
            ["settings", "--markdown"],
            () => 1,
            () => (Program.AddFeatures(Program.CreateBuilder()), () => throw new InvalidOperationException("It needs no services.")),
            new InvocationConfiguration { Output = page });

        Assert.That(RepositoryFiles.Read("docs/reference/settings.md"), Is.EqualTo(page.ToString()), "Make it anew: make docs");
    }

    /// <summary>An operator may write down what is so anyway.</summary>
    [Test]
    public void EveryDefault_CanBeSet()
    {
        var defaults = Program.AddFeatures(Program.CreateBuilder()).Settings.Where(setting => setting.Default.Length > 0).ToList();
        var builder = Program.CreateBuilder();
        defaults.ForEach(setting => builder.Configuration[setting.Name] = setting.Default);

        Assert.That(Program.AddFeatures(builder).Mistakes, Is.Empty);
        Assert.That(defaults, Has.Count.GreaterThan(50));
    }
}
