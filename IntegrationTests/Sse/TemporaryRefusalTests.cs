using System.Globalization;
using System.Net;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>A stream that is refused for the moment. An <c>EventSource</c> ends for good at any status but 200, so it gets a stream that ends at once.</summary>
internal sealed class TemporaryRefusalTests
{
    private const string Stream = "Accept: text/event-stream\r\n";

    private static readonly string Alice = $"/socket/sse?users[]=alice&token={Token.Of("alice")}";

    private RawConnection? _only;

    [TearDown]
    public void CloseTheOnlyOne() => _only?.Dispose();

    [TestCase("text/event-stream")]
    [TestCase("TEXT/Event-Stream")]
    [TestCase("text/html, text/event-stream;q=0.1, */*")]
    [TestCase("text/html\r\nAccept: text/event-stream")]
    [TestCase("text/event-stream; charset=utf-8")]
    [TestCase("rubbish;;;, text/event-stream")]
    public async Task ClientThatNamesAStream_GetsOneThatSaysWhyAndWhenToComeBack(string accept)
    {
        await using var node = await Full();
        using var connection = await RawConnection.Open(node.External);
        var response = await connection.Ask("GET", Alice, $"Accept: {accept}\r\nOrigin: https://app.example\r\nLast-Event-ID: 135A6QwEB\r\n");
        // Until the end of the connection, which the node closes.
        var body = await connection.ReadBody(response).Soon();
        var retry = body.Split('\n')[0];

        Assert.That(body, Is.EqualTo($"{retry}\nevent: closing\ndata: {{\"reason\":\"max_connections\",\"reconnect\":true}}\n\nevent: closing connection\n\n"));
        Assert.That(retry, Does.Match("^retry: [0-9]+$"));
        Assert.That(response.Status, Is.EqualTo(200));
        Assert.That(response["content-type"], Is.EqualTo("text/event-stream"));
        Assert.That(response["cache-control"], Is.EqualTo("no-store"));
        Assert.That(response["connection"], Is.EqualTo("close"));
        Assert.That(response["access-control-allow-origin"], Is.EqualTo("*"));
        Assert.That(await connection.ReadBytes(1).Soon(), Is.Null, "the node ends the connection");
    }

    [Test]
    public async Task OverHttp2_TheSame_WithoutWhatHttp2HasNot()
    {
        using var certificates = new TestCertificates();
        certificates.Renew();
        await using var node = await Full(
            ("HTTPS_CERTFILE", certificates.CertificateFile), ("HTTPS_KEYFILE", certificates.KeyFile), ("INBOUND_HTTPS_PORT", "0"), ("API_HTTPS_PORT", "0"));
        using var client = certificates.Http(node.Tls.External, HttpVersion.Version20);
        using var request = new HttpRequestMessage(HttpMethod.Get, Alice) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await client.SendAsync(request).Soon();

        Assert.That((answer.StatusCode, answer.Version), Is.EqualTo((HttpStatusCode.OK, HttpVersion.Version20)));
        Assert.That(await answer.Content.ReadAsStringAsync().Soon(), Does.Contain("\nevent: closing\ndata: {\"reason\":\"max_connections\",\"reconnect\":true}\n\n"));
        Assert.That(answer.Headers.NonValidated.Contains("Connection"), Is.False);
    }

    [TestCase("")]
    [TestCase("Accept: */*\r\n")]
    [TestCase("Accept: text/*\r\n")]
    [TestCase("Accept: text/html\r\n")]
    [TestCase("Accept: text/event-stream;q=0\r\n")]
    [TestCase("Accept: text/event-streams\r\n")]
    public async Task OtherClient_GetsTheStatus(string headers)
    {
        await using var node = await Full();

        await GetsTheStatus(node, headers);
    }

    [Test]
    public async Task BalancerThatHasToSeeTheStatus_SeesIt()
    {
        await using var node = await Full(("SSE_REFUSE_WITH_STATUS", "true"));

        await GetsTheStatus(node, Stream);
    }

    [TestCase("token=rubbish&users[]=alice", 401)]
    [TestCase("users[]=alice", 400)]
    [TestCase("token=rubbish", 404)]
    [TestCase("token=rubbish&users[]=alice&vsn=2.0.0", 401)]
    public async Task RefusalForGood_KeepsItsStatus(string query, int status)
    {
        await using var node = await GatewayNode.Start();
        using var connection = await RawConnection.Open(node.External);

        Assert.That((await connection.Ask("GET", $"/socket/sse?{query}", Stream)).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task Refusal_IsCountedAsOne_AndIsNeitherAStreamNorPresence()
    {
        await using var node = await GatewayNode.Start(new() { ["MAX_CONNECTIONS_PER_USER"] = "1" });
        using var first = await node.Listen("alice");
        using var second = await SseClient.Open(node.External, $"users[]=alice&token={Token.Of("alice")}", Stream);
        Assert.That((await second.Next("closing")).Data, Is.EqualTo("""{"reason":"user_connections","reconnect":true}"""));
        Assert.That(await second.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));

        Assert.That(node.Registry.Open, Is.EqualTo(1));
        var metrics = await node.Metrics();
        Assert.That(metrics.Sum("rig_connections_refused_total"), Is.EqualTo(1));
        Assert.That(metrics.Sum("rig_connections_refused_total", "reason=\"user_connections\"", "transport=\"sse\""), Is.EqualTo(1));
        Assert.That(metrics.Sum("rig_connections"), Is.EqualTo(1));
        Assert.That(metrics.Sum("rig_connections_closed_total"), Is.Zero);
        using var sessions = await node.GetApi("/v1/users/alice/sessions");
        Assert.That(JsonElement.Parse(await sessions.Content.ReadAsStringAsync()).GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task ThoseTurnedAwayTogether_ComeBackApart_AndNoEarlierThanTheSettingsSay()
    {
        await using var node = await Full(("SSE_RETRY_MS", "8000"));
        var times = new List<int>();
        for (var i = 0; i < 20; i++)
        {
            using var stream = await SseClient.Open(node.External, $"users[]=alice&token={Token.Of("alice")}", Stream);
            times.Add(int.Parse((await stream.Next("closing")).Retry!, CultureInfo.InvariantCulture));
        }

        Assert.That(times, Is.All.InRange(4_000, 12_000));
        Assert.That(times.Distinct().Count(), Is.GreaterThan(10));
    }

    [Test]
    public async Task WithoutAPauseInTheSettings_TheyStillComeBackLater()
    {
        await using var node = await Full(("SSE_RETRY_MS", "0"));
        using var stream = await SseClient.Open(node.External, $"users[]=alice&token={Token.Of("alice")}", Stream);

        Assert.That(int.Parse((await stream.Next("closing")).Retry!, CultureInfo.InvariantCulture), Is.InRange(1_000, 5_999));
    }

    /// <summary>A node that lets nobody else in.</summary>
    private async Task<GatewayNode> Full(params (string Name, string Value)[] settings)
    {
        var node = await GatewayNode.Start(new(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))) { ["MAX_CONNECTIONS"] = "1" });
        _only = await RawConnection.Open(node.External);
        Assert.That((await _only.Ask("GET", $"/socket/sse?users[]=bob&token={Token.Of("bob")}")).Status, Is.EqualTo(200));
        return node;
    }

    private static async Task GetsTheStatus(GatewayNode node, string headers)
    {
        using var connection = await RawConnection.Open(node.External);
        var response = await connection.Ask("GET", Alice, headers);

        Assert.That(response.Status, Is.EqualTo(503));
        Assert.That(int.Parse(response["retry-after"]!, CultureInfo.InvariantCulture), Is.InRange(1, 5));
        Assert.That(response["content-type"], Is.Null);
        Assert.That(await connection.ReadBody(response).Soon(), Is.EqualTo("This node takes no more connections now. Try again after the time in Retry-After.\n"));
    }
}
