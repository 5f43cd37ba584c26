using System.Text.Json;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>What a client of an example has to stand: numbered messages, and a connection that breaks while they are sent.</summary>
internal static class Interruptions
{
    private const int Breaks = 3;

    /// <summary>Breaks the connection again and again, and expects each message once. Ten have been published before.</summary>
    public static async Task Expect(GatewayNode node, string user, Relay relay, Func<int, Task> isNext)
    {
        var (published, shown) = (10, 0);
        for (var i = 0; i <= Breaks; i++)
        {
            // Some that it has, some on their way, and some that it misses.
            await Publish(node, user, published, 10);
            for (published += 10; shown < published - 5; shown++)
            {
                await isNext(shown);
            }

            if (i < Breaks)
            {
                relay.Cut();
                await Publish(node, user, published, 10);
                published += 10;
                relay.Mend();
            }
        }

        await Publish(node, user, published, 1);
        for (; shown <= published; shown++)
        {
            await isNext(shown);
        }
    }

    public static async Task Publish(GatewayNode node, string user, int from, int count)
    {
        for (var n = from; n < from + count; n++)
        {
            await node.Publish($$"""{"user":"{{user}}","n":{{n}}}""");
        }
    }

    /// <summary>What a back-end puts into a page.</summary>
    public static async Task<string> Position(GatewayNode node)
    {
        using var answer = await node.GetApi("/v1/position");
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync().Soon()).GetProperty("id").GetString()!;
    }
}
