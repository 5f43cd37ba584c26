using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Telemetry;

/// <summary>The console of a node, as a collector of logs reads it.</summary>
internal sealed class LogFormatTests
{
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["INBOUND_PORT"] = "0",
        ["API_PORT"] = "0",
        ["LISTEN_ADDRESS"] = "127.0.0.1",
        ["JWT_SECRET_KEY"] = Token.Secret,
    };

    [Test]
    public async Task Json_IsOneObjectInEachLine_WithTheEventAndItsValues()
    {
        await using var node = GatewayProcess.Run(new Dictionary<string, string>(Settings) { ["LOG_FORMAT"] = "json", ["LOG_FMT"] = "JSON" });
        await node.Line("\"MisspelledSettings\"");
        node.Terminate();
        Assert.That(await node.Exit(), Is.Zero);

        var lines = node.Output.Select(line => JsonElement.Parse(line)).ToList();
        Assert.That(node.Error, Is.Empty);
        Assert.That(lines.Select(line => line.GetProperty("Timestamp").GetString()), Is.All.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"));
        // The server warns of its own clock on a busy machine.
        Assert.That(lines.Select(line => line.GetProperty("Category").GetString()), Is.All.StartWith("RigKafka.").Or.StartWith("Microsoft.AspNetCore.Server.Kestrel"));
        var listening = lines.Single(line => line.GetProperty("EventName").GetString() == "Listening");
        Assert.That(listening.GetProperty("EventId").GetInt32(), Is.EqualTo(1410));
        Assert.That(listening.GetProperty("LogLevel").GetString(), Is.EqualTo("Information"));
        Assert.That(listening.GetProperty("Category").GetString(), Is.EqualTo("RigKafka.Listeners.Announcement"));
        Assert.That(listening.GetProperty("Message").GetString(), Does.StartWith("Listening: clients at http://127.0.0.1:"));
        Assert.That(listening.GetProperty("State").GetProperty("External").GetString(), Does.StartWith("http://127.0.0.1:"));
        Assert.That(
            lines.Single(line => line.GetProperty("EventName").GetString() == "MisspelledSettings").GetProperty("Message").GetString(),
            Is.EqualTo("These variables look like settings, but are not: LOG_FMT (LOG_FORMAT?)."));
    }

    [Test]
    public async Task Text_IsTimeLevelCategoryIdAndText_InOneLine()
    {
        await using var node = GatewayProcess.Run(Settings);

        Assert.That(await node.Line("Listening:"), Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: RigKafka\.Listeners\.Announcement\[1410\] Listening: "));
    }
}
