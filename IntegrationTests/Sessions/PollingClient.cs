using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sessions;

/// <summary>A client of the long polling that has joined its own topic, and always has a poll waiting.</summary>
internal sealed class PollingClient
{
    private readonly Channel<string[]> _heard = Channel.CreateUnbounded<string[]>();

    private PollingClient(Uri address) => _ = PollOn(address);

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
    public async Task<string[]?> Next() => await _heard.Reader.WaitToReadAsync().AsTask().Soon() ? await _heard.Reader.ReadAsync() : null;

    private async Task PollOn(Uri address)
    {
        try
        {
            while (await Poll(address) is var (status, messages) && status != 500)
            {
                if (messages.Length > 0)
                {
                    _heard.Writer.TryWrite(messages);
                }
            }

            _heard.Writer.Complete();
        }
        catch (Exception failure)
        {
            _heard.Writer.Complete(failure);
        }
    }

    private static async Task<(int Status, string[] Messages)> Poll(Uri address)
    {
        using var answer = JsonDocument.Parse(await SessionCalls.Http.GetStringAsync(address).Soon());
        var messages = answer.RootElement.TryGetProperty("messages", out var found) ? found.EnumerateArray().Select(message => message.GetString()!) : [];
        return (answer.RootElement.GetProperty("status").GetInt32(), [.. messages.Where(message => !message.Contains("\"presence_", StringComparison.Ordinal))]);
    }
}
