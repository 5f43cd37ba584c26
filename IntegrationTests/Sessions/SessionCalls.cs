using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sessions;

/// <summary>The operator's calls, and tokens and streams by session.</summary>
internal static class SessionCalls
{
    public static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    public static string TokenOf(string user, string session, string more = "") =>
        Token.Signed($$"""{"user":"{{user}}","roles":[],"exp":4102444800,"jti":"{{session}}"{{more}}}""");

    public static string Query(string user, string session, string more = "") => $"users[]={user}&token={TokenOf(user, session, more)}";

    public static Task<SseClient> Listen(this GatewayNode node, string user, string session, string more = "") => node.ListenWith(user, TokenOf(user, session, more));

    public static async Task<SseClient> ListenWith(this GatewayNode node, string user, string token)
    {
        var stream = await SseClient.Open(node.External, $"users[]={user}&token={token}");
        await stream.Next("phx_reply");
        return stream;
    }

    /// <summary>The status that a new stream is answered with.</summary>
    public static Task<HttpStatusCode> TryListen(this GatewayNode node, string user, string session, string more = "") => node.TryListenWith(user, TokenOf(user, session, more));

    public static async Task<HttpStatusCode> TryListenWith(this GatewayNode node, string user, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.External, $"/socket/sse?users[]={user}&token={token}"));
        using var answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Soon();
        return answer.StatusCode;
    }

    public static Task<HttpResponseMessage> Call(this GatewayNode node, HttpMethod method, string path, string? body = null, params string[] authorizations)
    {
        var request = new HttpRequestMessage(method, new Uri(node.Api, path));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var authorization in authorizations)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return Http.SendAsync(request).Soon();
    }

    /// <summary>A call that is answered with this status; returns the body.</summary>
    public static async Task<string> Expect(this GatewayNode node, HttpStatusCode status, HttpMethod method, string path, string? body = null, params string[] authorizations)
    {
        using var answer = await node.Call(method, path, body, authorizations);
        var text = await answer.Content.ReadAsStringAsync().Soon();
        Assert.That(answer.StatusCode, Is.EqualTo(status), text);
        return text;
    }

    public static Task EndSession(this GatewayNode node, string user, string session) => node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, $"/v1/users/{user}/sessions/{session}");

    public static long ExpiresAt(string json)
    {
        using var entry = JsonDocument.Parse(json);
        return entry.RootElement.GetProperty("expires_at").GetInt64();
    }

    public static async Task AssertIsToldAndEnded(SseClient stream)
    {
        var rest = await stream.Rest();
        Assert.That(rest.Select(told => (told.Name, told.Data)), Is.EqualTo(new[] { ("closing", """{"reason":"token_blacklisted","reconnect":false}"""), ("closing connection", (string?)null) }));
        Assert.That(await stream.Ended.Soon(), Is.EqualTo(StreamEnd.Clean));
    }
}
