using System.Text;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sessions;

/// <summary>A client of the long polling that has joined its own topic, and always has a poll waiting.</summary>
internal sealed class PollingClient
{
    private readonly Uri _address;
    private Task<(int Status, string[] Messages)> _waiting;

    private PollingClient(Uri address) => (_address, _waiting) = (address, Poll(address));

    public static async Task<PollingClient> Listen(GatewayNode node, string user, string token)
    {
        using var opened = JsonDocument.Parse(await SessionCalls.Http.GetStringAsync(new Uri(node.External, $"/socket/longpoll?vsn=2.0.0&token={token}")).Soon());
        var address = new Uri(node.External, $"/socket/longpoll?vsn=2.0.0&token={opened.RootElement.GetProperty("token").GetString()}");
        using var join = new StringContent($$"""["1","1","user:{{user}}","phx_join",{}]""", Encoding.UTF8, "application/x-ndjson");
        using (await SessionCalls.Http.PostAsync(address, join).Soon())
        {
            var (_, messages) = await Poll(address);
            Assert.That(messages.Single(), Does.Contain("\"status\":\"ok\""));
        }

        return new PollingClient(address);
    }

    /// <summary>The next messages, presence aside, however many polls it takes; null once the session is there no more.</summary>
    public async Task<string[]?> Next()
    {
        while (true)
        {
            var (status, messages) = await _waiting;
            if (status == 500)
            {
                return null;
            }

            _waiting = Poll(_address);
            if (messages.Length > 0)
            {
                return messages;
            }
        }
    }

    private static async Task<(int Status, string[] Messages)> Poll(Uri address)
    {
        using var answer = JsonDocument.Parse(await SessionCalls.Http.GetStringAsync(address).Soon());
        var messages = answer.RootElement.TryGetProperty("messages", out var found) ? found.EnumerateArray().Select(message => message.GetString()!) : [];
        return (answer.RootElement.GetProperty("status").GetInt32(), [.. messages.Where(message => !message.Contains("\"presence_", StringComparison.Ordinal))]);
    }
}
