using System.Net;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;
using RigKafka.IntegrationTests.WebSockets;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>What the real clients make of presence, with their own <c>Presence.syncState</c> and <c>Presence.syncDiff</c>.</summary>
internal sealed class PhoenixPresenceTests
{
    private const int Changes = 1000;

    [TestCase(1)]
    [TestCase(2)]
    public async Task AfterAThousandRandomJoinsAndLeaves_EveryVersionHasTheListOfTheServer(int seed)
    {
        await PhoenixClientTests.Installed.Value;
        await using var node = await GatewayNode.Start(new() { ["PRIVILEGED_ROLES"] = "admin", ["CLIENT_MESSAGES_PER_SECOND"] = "1000000" });
        var clients = PhoenixClientTests.Versions.Select(version => PhoenixClient.Start(version, version == "1.4" ? "longpoll" : "websocket", node.External, Token.Of("alice"))).ToList();
        try
        {
            foreach (var client in clients)
            {
                await client.Notices("open");
                await client.Join("user:alice");
                await client.Notices("joined");
            }

            using var come = new RandomVisitors(seed, await Sockets(node));
            for (var i = 0; i < Changes; i++)
            {
                await come.Change();
            }

            await come.Settle();
            List<string> expected = [];
            await Wait.Until(
                async () => (expected = References(await node.Expect(HttpStatusCode.OK, HttpMethod.Get, "/v1/users/alice/sessions"))).Count == clients.Count + come.Joined, "all are listed");
            foreach (var client in clients)
            {
                List<string?> list;
                do
                {
                    list = [.. (await client.Notices("presence")).GetProperty("refs").EnumerateArray().Select(reference => reference.GetString())];
                }
                while (!list.Order().SequenceEqual(expected.Order()));
            }
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }
    }

    private static async Task<List<RawWebSocket>> Sockets(GatewayNode node)
    {
        var sockets = new List<RawWebSocket>();
        for (var i = 0; i < 40; i++)
        {
            sockets.Add(i % 2 == 0 ? await RawWebSocket.Open(node.External, "alice") : await RawWebSocket.Open(node.External, $"boss-{i % 7}", roles: "admin"));
        }

        return sockets;
    }

    private static List<string> References(string json)
    {
        using var metas = JsonDocument.Parse(json);
        return [.. metas.RootElement.EnumerateArray().Select(meta => meta.GetProperty("phx_ref").GetString()!)];
    }

    /// <summary>Sockets that join and leave alice's topic, and now and then join it again while they are there.</summary>
    private sealed class RandomVisitors(int seed, List<RawWebSocket> sockets) : IDisposable
    {
        private readonly Random _random = new(seed);
        private readonly bool[] _joined = new bool[sockets.Count];
        private int _reference;

        public int Joined => _joined.Count(joined => joined);

        public async Task Change()
        {
            var which = _random.Next(sockets.Count);
            var leaves = _joined[which] && _random.Next(4) > 0;
            _joined[which] = !leaves;
            await Say(which, leaves ? "phx_leave" : "phx_join");
        }

        /// <summary>Waits until the server has dealt with all that was said: the answer to a heartbeat comes after those before.</summary>
        public async Task Settle()
        {
            for (var i = 0; i < sockets.Count; i++)
            {
                await sockets[i].Say("""[null,"last","phoenix","heartbeat",{}]""");
                while (!(await sockets[i].Hear()).Contains("\"last\"", StringComparison.Ordinal))
                {
                }
            }
        }

        public void Dispose() => sockets.ForEach(socket => socket.Dispose());

        private Task Say(int which, string what)
        {
            var reference = ++_reference;
            return sockets[which].Say($$"""["{{reference}}","{{reference}}","user:alice","{{what}}",{}]""");
        }
    }
}
