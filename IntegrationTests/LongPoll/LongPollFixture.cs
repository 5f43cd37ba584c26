using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.LongPoll;

/// <summary>One node for all tests of a class, and a client of long polling by hand.</summary>
internal abstract class LongPollFixture
{
    protected const string Join2 = """["1","1","user:alice","phx_join",{}]""";

    protected HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    protected GatewayNode Node { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartTheNode() => Node = await GatewayNode.Start(new() { ["LONGPOLL_WINDOW_MS"] = "500", ["LONGPOLL_IDLE_TIMEOUT_MS"] = "6000", ["PRESENCE_ENABLED"] = "false" });

    [OneTimeTearDown]
    public async Task StopTheNode()
    {
        Client.Dispose();
        await Node.DisposeAsync();
    }

    protected Uri Address(string query) => new(Node.External, $"/socket/longpoll?{query}");

    protected async Task<string> OpenSession(string user, string vsn = "2.0.0")
    {
        var answer = await Get($"token={Token.Of(user)}&vsn={vsn}&");
        Assert.That(answer.Status, Is.EqualTo(410));
        return answer.Token!;
    }

    protected async Task<string> Say(string token, string body, string vsn = "2.0.0")
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/x-ndjson");
        using var answer = await Client.PostAsync(Address($"vsn={vsn}&token={token}"), content).Soon();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return await answer.Content.ReadAsStringAsync().Soon();
    }

    protected Task<(int Status, string? Token, List<string> Messages)> Poll(string session) => Get($"vsn=2.0.0&token={session}");

    protected async Task<string> Text(string query)
    {
        using var answer = await Client.GetAsync(Address(query)).Soon();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers.GetValues("Access-Control-Allow-Origin").Single(), Is.EqualTo("*"));
        return await answer.Content.ReadAsStringAsync().Soon();
    }

    protected async Task<(int Status, string? Token, List<string> Messages)> Get(string query)
    {
        using var json = JsonDocument.Parse(await Text(query));
        return (
            json.RootElement.GetProperty("status").GetInt32(),
            json.RootElement.TryGetProperty("token", out var token) ? token.GetString() : null,
            json.RootElement.TryGetProperty("messages", out var messages) ? [.. messages.EnumerateArray().Select(message => message.GetString()!)] : []);
    }
}
