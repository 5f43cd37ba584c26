using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;

namespace RigKafka.IntegrationTests.GettingStarted;

/// <summary>docs/getting-started/write-a-front-end/events.d.ts, beside the modules and beside what a node really sends.</summary>
internal sealed partial class TypesTests
{
    [Test]
    public async Task Types_AreThoseOfTheModules_AndOfEveryEventThatANodeSends()
    {
        await using var node = await GatewayNode.Start(new() { ["HEARTBEAT_INTERVAL_MS"] = "100", ["JWT_EXPIRY_NOTICE_SECONDS"] = "86400", ["PRESENCE_CLAIMS"] = "user,roles,jti" });
        var events = new List<SseEvent>();
        var token = Token.Signed($$"""{"user":"alice","roles":[],"exp":{{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()}},"jti":"s1"}""");
        using var stream = await SseClient.Open(node.External, $"users[]=alice&lastEventId=nonsense&token={token}");
        events.AddRange(await stream.Next(3));
        events.Add(await stream.NextPresence());
        events.Add(await stream.NextPresence());
        events.Add(await stream.NextPosition());
        await node.Publish("""{"user":"alice","text":"Hi, Alice!","n":1}""");
        events.Add(await stream.Next("message"));
        await node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/users/alice/sessions/s1");
        events.Add(await stream.Next("closing"));
        using var denied = await SseClient.Open(node.External, $"users[]=bob&token={Token.Of("alice")}");
        events.Add(await denied.Next("phx_reply"));

        var types = Events().Match(await File.ReadAllTextAsync(Path.Combine(Examples.Folder, "events.d.ts"))).Value;
        Assert.That(events.Select(one => one.Name).Distinct(), Is.EquivalentTo(Name().Matches(types).Select(name => name.Groups["name"].Value)));
        Assert.That(events.Select(one => JsonElement.Parse(one.Data!).ValueKind), Is.All.EqualTo(JsonValueKind.Object));
        // A field too many is a mistake too.
        await Examples.Check("import type { Events } from \"./events\";\n" + string.Concat(events.Select(one => $"(): Events[\"{one.Name}\"] => ({one.Data});\n")));
    }

    [GeneratedRegex("^export interface Events {.*?^}", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Events();

    [GeneratedRegex("^  (?<name>[a-z_]+):", RegexOptions.Multiline)]
    private static partial Regex Name();
}
