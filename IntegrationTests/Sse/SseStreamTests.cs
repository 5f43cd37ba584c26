using System.Globalization;
using System.Net;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.Messages;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>What a stream carries. One node serves all tests; each has users of its own.</summary>
internal sealed class SseStreamTests : SseFixture
{
    private static IEnumerable<TestCaseData> WaysIn()
    {
        yield return Way("token in the query", me => ($"users[]={me}&token={Token.Of(me)}", ""));
        yield return Way("raw Authorization", me => ($"users[]={me}", $"Authorization: {Token.Of(me)}\r\n"));
        yield return Way("Bearer", me => ($"users[]={me}", $"Authorization: Bearer {Token.Of(me)}\r\n"));
        yield return Way("encoded brackets", me => ($"users%5B%5D={me}&token={Token.Of(me)}", ""));
        yield return Way("users without brackets is one element", me => ($"users={me}&token={Token.Of(me)}", ""));
        yield return Way("duplicates are removed", me => ($"users[]={me}&users[]={me}&token={Token.Of(me)}", ""));
        yield return Way("vsn 1.0.0", me => ($"users[]={me}&vsn=1.0.0&token={Token.Of(me)}", ""));
        yield return Way("vsn 1.0.9", me => ($"users[]={me}&vsn=1.0.9&token={Token.Of(me)}", ""));

        static TestCaseData Way(string name, Func<string, (string, string)> request) => new TestCaseData(request).SetName($"Stream({name})");
    }

    [TestCaseSource(nameof(WaysIn))]
    public async Task Stream(Func<string, (string Query, string Headers)> request)
    {
        var (query, headers) = request(Me);
        using var stream = await SseClient.Open(Node.External, query, headers);

        Assert.That((await stream.Next("phx_reply")).Data, Is.EqualTo(Reply($"user:{Me}", "ok", "{}")));
        await Node.Publish($$"""{"user":"{{Me}}","text":"Hi!"}""");
        Assert.That((await stream.Next("message")).Data, Is.EqualTo($$"""{"user":"{{Me}}","text":"Hi!"}"""));
    }

    [Test]
    public async Task PathWithATrailingSlash_IsTheSame()
    {
        using var connection = await RawConnection.Open(Node.External);
        Assert.That((await connection.Ask("GET", $"/socket/sse/?users[]={Me}&token={Token.Of(Me)}")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Head_SaysThatNothingMayBeBuffered()
    {
        using var stream = await Node.Listen(Me);

        Assert.That(stream.Response["content-type"], Is.EqualTo("text/event-stream"));
        Assert.That(stream.Response["cache-control"], Is.EqualTo("no-cache, no-transform"));
        Assert.That(stream.Response["x-accel-buffering"], Is.EqualTo("no"));
        Assert.That(stream.Response["connection"], Is.EqualTo("keep-alive"));
        Assert.That(stream.Response["transfer-encoding"], Is.EqualTo("chunked"));
        Assert.That(stream.Response["access-control-allow-origin"], Is.EqualTo("*"));
        Assert.That(stream.Response["access-control-allow-credentials"], Is.Null);
    }

    [Test]
    public async Task Retry_DiffersFromClientToClient_AroundTheSetting()
    {
        var told = new List<int>();
        for (var i = 0; i < 20; i++)
        {
            using var stream = await SseClient.Open(Node.External, $"users[]={Me}&token={Token.Of(Me)}");
            told.Add(int.Parse((await stream.Next()).Retry!, CultureInfo.InvariantCulture));
        }

        Assert.That(told, Has.All.InRange(500, 1500));
        Assert.That(told.Distinct().Count(), Is.GreaterThan(5));
    }

    [Test]
    public async Task ReplyToAJoin_HasAnId_AndSoHasEveryMessage()
    {
        using var stream = await SseClient.Open(Node.External, $"users[]={Me}&token={Token.Of(Me)}");
        var before = Offset(await stream.Next("phx_reply"));

        await Node.Publish($$"""{"user":"{{Me}}","n":1}""");
        await Node.Publish($$"""{"user":"{{Me}}","n":2}""");

        Assert.That(Offset(await stream.Next("message")), Is.EqualTo(before + 1));
        Assert.That(Offset(await stream.Next("message")), Is.EqualTo(before + 2));
    }

    [TestCase("J\u00fcrgen \ud83d\ude00 & Co+?#%")]
    [TestCase("a\"b\\c")]
    public async Task AnyName_CanBeListenedToAndWrittenTo(string name)
    {
        var me = name + Me;
        using var stream = await Node.Listen(me);
        var json = JsonSerializer.Serialize(new { user = me, text = "\u2028 \ud83d\ude00 \u00e4" });

        await Node.Publish(json);

        Assert.That((await stream.Next("message")).Data, Is.EqualTo(json));
    }

    [Test]
    public async Task UnicodeAsItIsWritten_ArrivesUnescaped()
    {
        using var stream = await Node.Listen(Me);
        var json = $$"""{"user":"{{Me}}","text":"{{"\u00e4\u20ac\ud83d\ude00\u2028"}}"}""";

        await Node.Publish(json);

        Assert.That((await stream.Next("message")).Data, Is.EqualTo(json));
    }

    [TestCase("\n")]
    [TestCase("\r\n")]
    [TestCase("\r")]
    public async Task JsonOnManyLines_ArrivesAsOneEventWithTheSameValue(string lineEnd)
    {
        using var stream = await Node.Listen(Me);

        await Node.Publish($$"""{{{lineEnd}}  "user": "{{Me}}",{{lineEnd}}  "text": ["a\nb",{{lineEnd}} 1]{{lineEnd}}}{{lineEnd}}""");

        using var value = JsonDocument.Parse((await stream.Next("message")).Data!);
        Assert.That(value.RootElement.GetProperty("text")[0].GetString(), Is.EqualTo("a\nb"));
        Assert.That(value.RootElement.GetProperty("user").GetString(), Is.EqualTo(Me));
    }

    [Test]
    public async Task LargestMessage_Arrives_AndOneByteMoreIs413()
    {
        using var stream = await Node.Listen(Me);
        var frame = $$"""{"user":"{{Me}}","pad":""}""".Length;
        var pad = new string('x', new MessageOptions().MaxBytes - frame);

        await Node.Publish($$"""{"user":"{{Me}}","pad":"{{pad}}"}""");
        using var tooLarge = await Node.Post($$"""{"user":"{{Me}}","pad":"x{{pad}}"}""");

        Assert.That((await stream.Next("message")).Data, Has.Length.EqualTo(frame + pad.Length));
        Assert.That(tooLarge.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [TestCase("users[]=ME", "Last-Event-ID: SEEN\r\n")]
    [TestCase("users[]=ME&lastEventId=SEEN", "")]
    [TestCase("users[]=ME&last_event_id=SEEN", "")]
    public async Task ClientThatComesBack_GetsWhatItMissed_AndThenWhatIsNew(string query, string headers)
    {
        string seen;
        using (var before = await Node.Listen(Me))
        {
            await Node.Publish($$"""{"user":"{{Me}}","n":1}""");
            seen = (await before.Next("message")).Id!;
        }

        await Node.Publish($$"""{"user":"{{Me}}","n":2}""");
        await Node.Publish("""{"user":"somebody else","n":3}""");
        await Node.Publish($$"""{"user":"{{Me}}","n":4}""");
        using var stream = await SseClient.Open(Node.External, $"{Fill(query)}&token={Token.Of(Me)}", Fill(headers));
        var reply = await stream.Next("phx_reply");
        var missed = await stream.Next(2);
        await Node.Publish($$"""{"user":"{{Me}}","n":5}""");
        var live = await stream.Next("message");

        Assert.That(reply.Id, Is.EqualTo(seen));
        Assert.That(missed.Append(live).Select(one => one.Data), Is.EqualTo([Message(2), Message(4), Message(5)]));
        Assert.That(Offset(missed[0]), Is.EqualTo(Offset(reply) + 1));

        string Message(int number) => $$"""{"user":"{{Me}}","n":{{number}}}""";

        string Fill(string text) => text.Replace("ME", Me, StringComparison.Ordinal).Replace("SEEN", seen, StringComparison.Ordinal);
    }

    [TestCase("nonsense", "unknown_position")]
    [TestCase("1AAAAAQEB", "topic_recreated")]
    public async Task ClientThatComesBackFromElsewhere_IsToldOfAGap_BeforeAnythingElse(string id, string reason)
    {
        using var stream = await SseClient.Open(Node.External, $"users[]={Me}&token={Token.Of(Me)}", $"Last-Event-ID: {id}\r\n");
        var reply = await stream.Next("phx_reply");
        await Node.Publish($$"""{"user":"{{Me}}"}""");
        var gap = await stream.Next("gap");

        Assert.That(reply.Id, Is.EqualTo(id == "nonsense" ? null : id), "a client that goes away before the gap must be told when it comes back");
        Assert.That(gap.Data, Is.EqualTo($$"""{"reason":"{{reason}}"}"""));
        Assert.That((await stream.Next("message")).Id, Is.Not.EqualTo(gap.Id));
    }

    [Test]
    public async Task Vsn2_IsTaken_WhereTheOperatorSaysSo()
    {
        await using var node = await GatewayNode.Start(new() { ["SSE_VSN_CHECK"] = "false" });
        using var stream = await SseClient.Open(node.External, $"users[]={Me}&vsn=2.0.0&token={Token.Of(Me)}");
        await stream.Next("phx_reply");
    }
}
