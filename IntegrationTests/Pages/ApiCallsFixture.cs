using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Pages;

/// <summary>Calls of the API port with whatever headers.</summary>
internal abstract class ApiCallsFixture
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    protected static async Task Expect(GatewayNode node, HttpMethod method, string path, int status, HttpContent? body, params (string Name, string? Value)[] headers)
    {
        using var answer = await Ask(node, method, path, body, headers);
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), $"{method} {path} {string.Join(' ', headers)}");
    }

    protected static async Task<HttpResponseMessage> Ask(GatewayNode node, HttpMethod method, string path, HttpContent? body, params (string Name, string? Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(node.Api, path)) { Content = body };
        foreach (var (name, value) in headers.Where(header => header.Value is not null))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request).Soon();
    }
}
