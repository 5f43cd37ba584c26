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
            () => Program.AddFeatures(Program.CreateBuilder()),
            new InvocationConfiguration { Output = page });

        Assert.That(RepositoryFiles.Read("docs/reference/settings.md"), Is.EqualTo(page.ToString()), "Make it anew: make docs");
    }
}
