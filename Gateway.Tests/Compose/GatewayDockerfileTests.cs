using NUnit.Framework;

namespace RigKafka.Tests.Compose;

/// <summary>What only the gateway's own Dockerfile has.</summary>
internal sealed class GatewayDockerfileTests
{
    private static readonly List<(string Word, string[] Arguments)> Instructions = [.. new Dockerfile(Dockerfile.OfGateway).Instructions];

    [Test]
    public void Restore_ComesBeforeTheSourcesAreCopied() =>
        Assert.That(
            Instructions.FindIndex(line => line.Word == "RUN" && line.Arguments.Contains("restore")),
            Is.InRange(0, Instructions.FindIndex(line => line.Word == "COPY" && line.Arguments[0] == "Gateway/")));

    [Test]
    public void Ports_AreTheDefaultsOfTheSettings()
    {
        var settings = Program.AddFeatures(Program.CreateBuilder()).Settings.ToDictionary(setting => setting.Name, setting => setting.Default);
        Assert.That(Instructions.Single(line => line.Word == "EXPOSE").Arguments, Is.EqualTo([settings["INBOUND_PORT"], settings["API_PORT"]]));
    }
}
