using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>What a request for a stream is answered with that gets none. One node serves all cases.</summary>
internal sealed class SseRefusalTests
{
    private const string BadRequest =
        "Bad request. Make sure you supply the right parameters, and that you're authorized to access the user's channel.\n\n" +
        "Example: ?users[]=some.user&users[]=other.user&roles[]=support&token=my-jwt\n";

    private const string NoChannels = "no channels selected\n";
    private const string Unauthorized = "event: unauthorized\n\n";
    private const string ValidClaims = """{"user":"alice","roles":[],"exp":4102444800,"jti":"1"}""";

    private static readonly string Good = Token.Of("alice");

    private GatewayNode _node = null!;

    private static IEnumerable<TestCaseData> Refusals()
    {
        yield return Case("NotGet_Post", "POST", $"?users[]=alice&token={Good}", 400, BadRequest);
        yield return Case("NotGet_Put", "PUT", $"?users[]=alice&token={Good}", 400, BadRequest);
        yield return Case("NotGet_Delete", "DELETE", $"?users[]=alice&token={Good}", 400, BadRequest);
        yield return Case("Get_WithoutToken", "GET", "?users[]=alice", 400, BadRequest);
        yield return Case("Get_WithNothing", "GET", "", 400, BadRequest);
        yield return Case("Get_WithoutChannels", "GET", $"?token={Good}", 404, NoChannels);
        yield return Case("Get_WithoutChannels_AskedBeforeTheTokenIsLookedAt", "GET", "?token=rubbish", 404, NoChannels);
        yield return Case("Get_WithoutTokenNorChannels_TokenIsAskedFirst", "GET", "?x=y", 400, BadRequest);
        yield return Case("Get_WithUsersWithoutValue", "GET", $"?users[]&token={Good}", 404, NoChannels);
        yield return Case("Token_Rubbish", "GET", "?users[]=alice&token=rubbish", 401, Unauthorized);
        yield return Case("Token_Empty", "GET", "?users[]=alice&token=", 401, Unauthorized);
        yield return Case("Token_OfAnotherSecret", "GET", $"?users[]=alice&token={Jws.Sign(ValidClaims, secret: "another")}", 401, Unauthorized);
        yield return Case("Token_AlgNone", "GET", $"?users[]=alice&token={Jws.Sign(ValidClaims, """{"alg":"none"}""", algorithm: "none")}", 401, Unauthorized);
        yield return Case("Token_LastOfTwoWins", "GET", $"?users[]=alice&token={Good}&token=rubbish", 401, Unauthorized);
        yield return OfClaims("Expired", """{"user":"alice","roles":[],"exp":1000000000,"jti":"1"}""");
        yield return OfClaims("WithoutExp", """{"user":"alice","roles":[],"jti":"1"}""");
        yield return OfClaims("ExpIsText", """{"user":"alice","roles":[],"exp":"4102444800","jti":"1"}""");
        yield return OfClaims("NotYetValid", """{"user":"alice","roles":[],"exp":4102444800,"nbf":4102444799,"jti":"1"}""");
        yield return OfClaims("JtiMissing", """{"user":"alice","roles":[],"exp":4102444800}""");
        yield return OfClaims("JtiEmpty", """{"user":"alice","roles":[],"exp":4102444800,"jti":""}""");
        yield return OfClaims("JtiNull", """{"user":"alice","roles":[],"exp":4102444800,"jti":null}""");
        yield return OfClaims("JtiIsNumber", """{"user":"alice","roles":[],"exp":4102444800,"jti":5}""");
        yield return OfClaims("ClaimTwice", """{"user":"alice","user":"bob","roles":[],"exp":4102444800,"jti":"1"}""");
        yield return Case("Vsn_2", "GET", $"?users[]=alice&vsn=2.0.0&token={Good}", 401, Unauthorized);
        yield return Case("Vsn_1_1", "GET", $"?users[]=alice&vsn=1.1.0&token={Good}", 401, Unauthorized);
        yield return Case("Vsn_Rubbish", "GET", $"?users[]=alice&vsn=one&token={Good}", 401, Unauthorized);

        static TestCaseData Case(string name, string method, string query, int status, string body) => new TestCaseData(method, query, status, body).SetName(name);
        static TestCaseData OfClaims(string name, string claims) => Case($"Token_{name}", "GET", $"?users[]=alice&token={Token.Signed(claims)}", 401, Unauthorized);
    }

    [OneTimeSetUp]
    public async Task StartTheNode() => _node = await GatewayNode.Start();

    [OneTimeTearDown]
    public async Task StopTheNode() => await _node.DisposeAsync();

    [TestCaseSource(nameof(Refusals))]
    public async Task Refusal(string method, string query, int status, string body)
    {
        using var connection = await RawConnection.Open(_node.External);
        var response = await connection.Ask(method, "/socket/sse" + query);

        Assert.That((response.Status, await connection.ReadBody(response).Soon()), Is.EqualTo((status, body)));
        Assert.That(response["access-control-allow-origin"], Is.EqualTo("*"));
        Assert.That(response["access-control-allow-credentials"], Is.Null);
        Assert.That(response["content-type"], Is.Null);
        Assert.That(response["x-request-id"], Is.Null);
        Assert.That(_node.Registry.Open, Is.Zero);
    }

    [Test]
    public async Task Head_IsNoGet_AndHasNoBody()
    {
        using var connection = await RawConnection.Open(_node.External);

        Assert.That((await connection.Ask("HEAD", $"/socket/sse?users[]=alice&token={Good}")).Status, Is.EqualTo(400));

        // Were there a body, it would be taken for the head of this response.
        Assert.That((await connection.Ask("OPTIONS", "/socket/sse")).Status, Is.EqualTo(200));
    }

    [TestCase("Access-Control-Request-Headers: authorization\r\nAccess-Control-Request-Headers: x-a,x-b\r\n", "authorization, x-a,x-b")]
    [TestCase("", "")]
    public async Task Options_AllowsWhatABrowserAsksFor(string headers, string allowed)
    {
        using var connection = await RawConnection.Open(_node.External);
        var response = await connection.Ask("OPTIONS", "/socket/sse", headers);

        Assert.That((response.Status, await connection.ReadBody(response).Soon()), Is.EqualTo((200, "")));
        Assert.That(response["access-control-allow-origin"], Is.EqualTo("*"));
        Assert.That(response["access-control-allow-headers"], Is.EqualTo(allowed));
        Assert.That(response["access-control-allow-methods"], Is.EqualTo("get, post, options"));
        Assert.That(response["access-control-max-age"], Is.EqualTo("3600"));
    }

    [Test]
    public async Task Tokens_StayOutOfTheLog()
    {
        var token = Token.Signed("""{"user":"mallory","roles":[],"exp":1000000000,"jti":"1"}""");
        using var connection = await RawConnection.Open(_node.External);
        await connection.Ask("GET", $"/socket/sse?users[]=alice&token={token}");

        await _node.Log.First("TokenRefused");

        Assert.That(_node.Log.All.Select(line => line.Text), Has.None.Contains(token).And.None.Contains(Good).And.None.Contains(Token.Secret));
    }
}
