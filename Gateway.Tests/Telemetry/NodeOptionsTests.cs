using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Settings;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Telemetry;

internal sealed class NodeOptionsTests
{
    [TestCase("rig-0", "rig-0")]
    [TestCase(" Küche 1 ", "Küche 1")]
    [TestCase("", null)]
    [TestCase(null, null)]
    public void Name_IsWhatIsGiven_ElseThatOfTheMachine(string? given, string? expected)
    {
        var (options, mistakes) = Read(given);
        Assert.That((options.Name, mistakes.Count), Is.EqualTo((expected ?? Environment.MachineName, 0)));
    }

    [TestCase("a\nb", "a?b")]
    [TestCase("a\u001b[31mb", "a?[31mb")]
    [TestCase("a\u2028b", "a?b")]
    [TestCase("a\u202eb", "a?b")]
    public void Name_ThatIsNotPrintable_IsRefused_AndShownWithoutWhatIsNot(string given, string shown) =>
        Assert.That(Read(given).Mistakes, Is.EqualTo([$"NODE_NAME={shown}: expected up to 253 printable characters."]));

    [Test]
    public void Name_UpTo253Characters_IsTaken()
    {
        Assert.That(Read(new string('a', 253)).Mistakes, Is.Empty);
        Assert.That(Read(new string('a', 254)).Mistakes, Has.One.EndsWith("expected up to 253 printable characters."));
    }

    [Test]
    public void Version_SaysWhich() => Assert.That(NodeOptions.Version, Does.Match(@"^\d+\.\d+\.\d+"));

    /// <summary>The original has names that begin alike, which mean nothing here.</summary>
    [Test]
    public void Name_IsNoVariableOfTheOriginal_AndNoMisspelling()
    {
        using var environment = new ConfigurationManager { ["NODE_NAME"] = "rig-0", ["NODE_HOST"] = "10.0.0.1" };
        Assert.That(LegacySettings.FindIn(environment), Is.EqualTo(["NODE_HOST"]));
        Assert.That(MisspelledSettings.FindIn(environment, TestSettings.Of([]).Settings), Is.Empty);
    }

    private static (NodeOptions Options, IReadOnlyList<string> Mistakes) Read(string? name)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("NODE_NAME", name)]).Build());
        return (reader.Read<NodeOptions>(), reader.Mistakes);
    }
}
