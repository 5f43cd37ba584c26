using NUnit.Framework;
using RigKafka.IntegrationTests.Faults;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>
/// A client that goes on from its last id whenever it comes back, over a network that breaks, while its user is sent messages all the time.
/// </summary>
internal sealed class PhoenixTunnel : IAsyncDisposable
{
    /// <summary>What its node needs: on a busy machine it is away for so long that it misses more than fits the usual outbox.</summary>
    public const string OutboxBytes = "67108864";

    private readonly CancellationTokenSource _stop = new();
    private readonly Relay _relay;
    private readonly PhoenixClient _client;
    private readonly Publisher _publisher;
    private readonly Task _publishing;

    private PhoenixTunnel(Relay relay, PhoenixClient client, Publisher publisher)
    {
        (_relay, _client, _publisher) = (relay, client, publisher);
        _publishing = Task.Run(() => publisher.Run(_stop.Token));
    }

    /// <param name="version">The client's version.</param>
    /// <param name="transport">Its transport.</param>
    /// <param name="node">Where it is first.</param>
    /// <param name="api">Where its messages are published.</param>
    public static async Task<PhoenixTunnel> Open(string version, string transport, Uri node, Uri api)
    {
        var user = $"{version}-{transport}-{Guid.NewGuid():N}";
        var relay = Relay.To(node);
        var client = PhoenixClient.Start(version, transport, relay.Address, Token.Of(user));
        await client.Join($"user:{user}", since: "");
        await client.Notices("joined");
        return new PhoenixTunnel(relay, client, new Publisher(api, user));
    }

    /// <summary>Breaks its connection while messages come, has it miss some, and waits until it is back.</summary>
    /// <param name="missed">Waits until it has missed some.</param>
    /// <param name="node">Where it comes back to; null for where it was.</param>
    public async Task Breaks(Func<string, Task> missed, Uri? node = null)
    {
        await Hears(5);
        _relay.Cut();
        await missed(_publisher.User);
        var joined = _client.Times("joined");
        _relay.Mend(node);
        await Wait.Until(() => _client.Times("joined") > joined, "it is back");
    }

    /// <summary>Lets it go to another node, when it comes back for whatever reason.</summary>
    public void LeadsTo(Uri node) => _relay.Mend(node);

    /// <summary>Waits for some more messages.</summary>
    public Task Hears(int messages)
    {
        var heard = _client.Times("message");
        return Wait.Until(() => _client.Times("message") >= heard + messages, $"{_publisher.User} hears messages");
    }

    /// <summary>It has heard each message once, in order, and no gap.</summary>
    public async Task HasMissedNothing()
    {
        await _stop.CancelAsync();
        await _publishing.Soon();
        var last = await _publisher.PublishLast();
        for (var number = 0; number <= last; number++)
        {
            var heard = await _client.Notices("message", "gap");
            Assert.That(heard.GetProperty("what").GetString(), Is.EqualTo("message"), heard.GetRawText());
            Assert.That(heard.GetProperty("payload").GetProperty("n").GetInt32(), Is.EqualTo(number), "each once, in order");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _publishing.Soon();
        await _client.DisposeAsync();
        _relay.Dispose();
        _stop.Dispose();
    }
}
