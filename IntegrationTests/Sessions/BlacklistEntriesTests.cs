using System.Net;
using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sessions;

/// <summary>The calls that write, read and list entries of the blacklist, on a node without Kafka.</summary>
internal sealed class BlacklistEntriesTests
{
    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    [Test]
    public async Task Put_Get_Delete_OfASession()
    {
        await using var node = await GatewayNode.Start();
        using var stream = await node.Listen("alice", "s1");
        var expires = Now + 500;

        Assert.That(await Put(node, "s1", $$"""{"expires_at":{{expires}}}"""), Is.EqualTo($$"""{"jti":"s1","expires_at":{{expires}}}"""));
        await SessionCalls.AssertIsToldAndEnded(stream);
        Assert.That(await Put(node, "s1", """{"ttl_seconds":1}"""), Is.EqualTo($$"""{"jti":"s1","expires_at":{{expires}}}"""), "a write shortens nothing");
        Assert.That(SessionCalls.ExpiresAt(await Put(node, "s1", """{"ttl_seconds":1000}""")), Is.EqualTo(Now + 1000).Within(Limits.HangSeconds));
        Assert.That(SessionCalls.ExpiresAt(await Put(node, "s2", null)), Is.EqualTo(Now + 3600).Within(Limits.HangSeconds));
        Assert.That(await node.TryListen("alice", "s1"), Is.EqualTo(HttpStatusCode.Unauthorized));

        await node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/blacklist/s1");
        await node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/blacklist/s1");

        Assert.That(await node.Expect(HttpStatusCode.NotFound, HttpMethod.Get, "/v1/blacklist/s1"), Is.EqualTo("""{"errors":{"detail":"Not found"}}"""));
        Assert.That(await node.TryListen("alice", "s1"), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Put_ThatExpires_LetsInAgain()
    {
        await using var node = await GatewayNode.Start();
        await Put(node, "s1", """{"ttl_seconds":2}""");
        Assert.That(await node.TryListen("alice", "s1"), Is.EqualTo(HttpStatusCode.Unauthorized));

        await Wait.Until(async () => await node.TryListen("alice", "s1") == HttpStatusCode.OK, "it expires");
        await node.Expect(HttpStatusCode.NotFound, HttpMethod.Get, "/v1/blacklist/s1");
    }

    [TestCase("[]")]
    [TestCase("{")]
    [TestCase("null")]
    [TestCase("""{"expires_at":1}""")]
    [TestCase("""{"expires_at":"soon"}""")]
    [TestCase("""{"ttl_seconds":0}""")]
    [TestCase("""{"ttl_seconds":1.5}""")]
    [TestCase("""{"ttl":5}""")]
    [TestCase("""{"ttl_seconds":5,"expires_at":4102444800}""")]
    public async Task Put_OfNonsense_IsABadRequest(string body)
    {
        await using var node = await GatewayNode.Start();

        Assert.That(await node.Expect(HttpStatusCode.BadRequest, HttpMethod.Put, "/v1/blacklist/s1", body), Does.StartWith("""{"errors":{"detail":"Bad request: expected no body, or"""));

        await node.Expect(HttpStatusCode.NotFound, HttpMethod.Get, "/v1/blacklist/s1");
    }

    [Test]
    public async Task Put_OfALongBody_IsTooLarge()
    {
        await using var node = await GatewayNode.Start();

        await node.Expect(HttpStatusCode.RequestEntityTooLarge, HttpMethod.Put, "/v1/blacklist/s1", new string(' ', 5000));
    }

    [TestCase("a%2Fb", "a/b")]
    [TestCase("a%252Fb", "a%2Fb")]
    [TestCase("%C3%BC%20%22", "\u00fc \"")]
    [TestCase("users", "users")]
    public async Task Names_AreTakenAsTheyAreMeant(string path, string name)
    {
        await using var node = await GatewayNode.Start();

        using var entry = JsonDocument.Parse(await Put(node, path, null));

        Assert.That(entry.RootElement.GetProperty("jti").GetString(), Is.EqualTo(name));
        Assert.That(await node.TryListen("alice", JsonEncodedText.Encode(name).Value), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task PutUser_RefusesTheTokensTheyHaveAndTakesNewOnes()
    {
        await using var node = await GatewayNode.Start();
        string Issued(long at) => $",\"iat\":{at}";
        using var old = await node.Listen("alice", "old", Issued(Now - 100));
        using var undated = await node.Listen("alice", "undated");
        using var fresh = await node.Listen("alice", "fresh", Issued(Now + 100));
        using var bob = await node.Listen("bob", "bob", Issued(Now - 100));

        using var entry = JsonDocument.Parse(await node.Expect(HttpStatusCode.OK, HttpMethod.Put, "/v1/blacklist/users/alice"));

        Assert.That(entry.RootElement.GetProperty("user").GetString(), Is.EqualTo("alice"));
        Assert.That(entry.RootElement.GetProperty("issued_until").GetInt64(), Is.EqualTo(Now).Within(Limits.HangSeconds));
        await SessionCalls.AssertIsToldAndEnded(old);
        await SessionCalls.AssertIsToldAndEnded(undated);
        Assert.That((await node.TryListen("alice", "other", Issued(Now - 50)), await node.TryListen("alice", "other", Issued(Now + 50)), await node.TryListen("alice", "other")),
            Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.Unauthorized)));
        await node.Publish("""{"user":"alice","n":1}""");
        await node.Publish("""{"user":"bob","n":1}""");
        await fresh.Next("message");
        await bob.Next("message");

        await node.Expect(HttpStatusCode.NoContent, HttpMethod.Delete, "/v1/blacklist/users/alice");
        Assert.That(await node.TryListen("alice", "other"), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task List_GoesThroughAllOfThem_PageByPage()
    {
        await using var node = await GatewayNode.Start();
        var names = Enumerable.Range(0, 25).Select(i => $"s{i:00}").ToArray();
        await Task.WhenAll(names.Reverse().Select(name => Put(node, name, null)));
        await node.Expect(HttpStatusCode.OK, HttpMethod.Put, "/v1/blacklist/users/alice");

        var seen = new List<string>();
        var pages = 0;
        for (var next = ""; next is not null; pages++)
        {
            using var page = JsonDocument.Parse(await node.Expect(HttpStatusCode.OK, HttpMethod.Get, $"/v1/blacklist?limit=10&after={Uri.EscapeDataString(next)}"));
            seen.AddRange(page.RootElement.GetProperty("entries").EnumerateArray().Select(entry => entry.EnumerateObject().First().Value.GetString()!));
            next = page.RootElement.GetProperty("next").GetString();
        }

        Assert.That(seen, Is.EqualTo(names.Append("alice")));
        Assert.That(pages, Is.EqualTo(3));
    }

    [TestCase("0")]
    [TestCase("1001")]
    [TestCase("many")]
    [TestCase("")]
    public async Task List_OfABadLimit_IsABadRequest(string limit)
    {
        await using var node = await GatewayNode.Start();

        await node.Expect(HttpStatusCode.BadRequest, HttpMethod.Get, $"/v1/blacklist?limit={limit}");
    }

    private static Task<string> Put(GatewayNode node, string session, string? body) => node.Expect(HttpStatusCode.OK, HttpMethod.Put, $"/v1/blacklist/{session}", body);
}
