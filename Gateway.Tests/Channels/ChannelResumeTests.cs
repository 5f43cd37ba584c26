using System.Text.Json;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Connections;

namespace RigKafka.Tests.Channels;

/// <summary>Channels whose client asks for ids, and goes on from one.</summary>
[TestFixture(1)]
[TestFixture(2)]
internal sealed class ChannelResumeTests(int vsn)
{
    [Test]
    public async Task JoinWithAnEmptySince_AsksForIdsFromNowOn()
    {
        using var client = Client();
        await client.Node.Push("""{"user":"alice","n":1}""");
        var here = Here(client);

        await client.Say("1", "user:alice", "phx_join", """{"since":""}""");
        await client.Node.Push("""{"user":"alice","n":2}""");
        var heard = await client.Heard(2);

        Assert.That(Response(heard[0]).GetProperty("id").GetString(), Is.EqualTo(here));
        Assert.That(heard[1], Is.EqualTo(Message(Here(client), "message", """{"user":"alice","n":2}""")));
    }

    [Test]
    public async Task JoinWithSince_GivesWhatWasMissed_WithIds_AfterTheReply_WhichRepeatsTheId()
    {
        using var client = Client();
        var seen = Here(client);
        await client.Node.Push("""{"user":"alice","n":1}""");
        var first = Here(client);
        await client.Node.Push("""{"user":"bob","n":2}""");

        await client.Say("1", "user:alice", "phx_join", $$"""{"since":"{{seen}}"}""");
        await client.Node.Push("""{"user":"alice","n":3}""");
        var heard = await client.Heard(3);

        Assert.That(Response(heard[0]).GetProperty("id").GetString(), Is.EqualTo(seen));
        Assert.That(heard[1], Is.EqualTo(Message(first, "message", """{"user":"alice","n":1}""")));
        Assert.That(heard[2], Is.EqualTo(Message(Here(client), "message", """{"user":"alice","n":3}""")));
    }

    [Test]
    public async Task JoinWithAnIdFromElsewhere_IsToldOfTheGap_RightAfterTheReply()
    {
        using var client = Client();

        await client.Say("1", "user:alice", "phx_join", """{"since":"nonsense\\n\""}""");
        var heard = await client.Heard(2);

        // What it named: if it went away before the gap, it must be told when it comes back.
        Assert.That(Response(heard[0]).GetProperty("id").GetString(), Is.EqualTo("nonsense\\n\""));
        Assert.That(heard[1], Is.EqualTo(Message(Here(client), "gap", """{"reason":"unknown_position"}""")));
    }

    [Test]
    public async Task JoinOfARole_WithSince_NeverHasAGap()
    {
        using var client = Client("admin");

        await client.Say("1", "role:admin", "phx_join", """{"since":"nonsense"}""");
        await client.Say("2", "phoenix", "heartbeat");
        var heard = await client.Heard(2);

        Assert.That(heard[1], Does.Contain("phx_reply"));
    }

    /// <summary>What is held is one channel's affair: it leaves, and another is heard meanwhile (H9).</summary>
    [Test]
    public async Task Leave_WhileWhatWasMissedIsRead_IsAnsweredAtOnce_AndNothingComesAfterIt()
    {
        using var client = await ClientThatWaitsForTheLog();

        await client.Say("4", "user:alice", "phx_leave");
        await client.Heard(5);
        client.Node.Time.Advance(TimeSpan.FromSeconds(1));
        await client.Node.Settle();
        await client.Node.Push("""{"user":"bob","n":5}""");
        var heard = await client.Heard(6);

        Assert.That(heard[2], Does.Contain("\"n\":3"));
        Assert.That(heard[3..5], Is.All.Not.Contain("\"n\""));
        Assert.That(heard[5], Does.Contain("\"n\":5"));
    }

    /// <summary>Else what comes before the end of the channel would say that nothing is missing.</summary>
    [Test]
    public async Task GapThatComesBeforeALeave_IsToldBeforeIt()
    {
        using var client = Client();
        await client.Say("1", "user:alice", "phx_join", """{"since":""}""");
        await client.Heard(1);

        lock (client.Node.Registry.TotalOrder)
        {
            client.Node.Registry.Broadcast(Event.Gap("", "retention", client.Node.FanOut.Position.ToId()));
            client.Node.Registry.Leave(client.Connection, "user:alice", "left\n"u8.ToArray());
        }

        Assert.That((await client.Heard(3))[1..], Is.EqualTo([Message(Here(client), "gap", """{"reason":"retention"}"""), "left"]));
    }

    /// <summary>The same without leaving: what is older than the history is read from the log, and what is live waits for it.</summary>
    [Test]
    public async Task JoinWithSince_OlderThanTheHistory_IsReadFromTheLog_WhileOtherChannelsGoOn()
    {
        using var client = await ClientThatWaitsForTheLog();

        await Wait.Until(() =>
        {
            client.Node.Time.Advance(TimeSpan.FromMilliseconds(100));
            return client.Wire.Lines.Length == 5;
        }, "what was missed is there");

        Assert.That(client.Wire.Lines[2..].Select(Number), Is.EqualTo([3, 1, 2]));
    }

    private static int Number(string line) => line[line.IndexOf("\"n\":", StringComparison.Ordinal) + 4] - '0';

    /// <summary>It missed alice's 1, which is older than the history; her 2 waits for it, and bob's 3 has come.</summary>
    private async Task<ChannelClient> ClientThatWaitsForTheLog()
    {
        var client = Client("admin", history: 0);
        var seen = Here(client);
        await client.Node.Push("""{"user":"alice","n":1}""");
        client.Node.Log.End = client.Node.FanOut.Where();
        await client.Say("1", "user:bob", "phx_join");
        await client.Say("2", "user:alice", "phx_join", $$"""{"since":"{{seen}}"}""");
        await client.Node.Push("""{"user":"alice","n":2}""");
        await client.Node.Push("""{"user":"bob","n":3}""");
        await client.Heard(3);
        return client;
    }

    private ChannelClient Client(string? role = null, int history = 1 << 20)
    {
        var client = new ChannelClient(
            new Identity("1", "alice", false, role is null ? [] : [role], DateTimeOffset.MaxValue), vsn, history: history);
        client.Node.Log.Keeps = true;
        return client;
    }

    private static string Here(ChannelClient client) => client.Node.FanOut.Where().Id();

    private static JsonElement Response(string reply)
    {
        var root = JsonDocument.Parse(reply).RootElement;
        var payload = root.ValueKind == JsonValueKind.Array ? root[4] : root.GetProperty("payload");
        Assert.That(payload.GetProperty("status").GetString(), Is.EqualTo("ok"));
        return payload.GetProperty("response");
    }

    private string Message(string id, string name, string payload) => vsn == 1
        ? $$"""{"topic":"user:alice","ref":"{{id}}","payload":{{payload}},"event":"{{name}}"}"""
        : $$"""[null,"{{id}}","user:alice","{{name}}",{{payload}}]""";
}
