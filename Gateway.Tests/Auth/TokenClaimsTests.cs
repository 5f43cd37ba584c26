using System.Text;
using NUnit.Framework;
using RigKafka.Auth;

namespace RigKafka.Tests.Auth;

/// <summary>What a verifier makes of the claims of a token.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TokenClaimsTests : TokenFixture
{
    [TestCase("1800000001", null)]
    [TestCase("1800000000.5", null)]
    [TestCase("1.8e9", TokenRefusal.Expired)]
    [TestCase("1800000000", TokenRefusal.Expired)]
    [TestCase("1799999999.999", TokenRefusal.Expired)]
    [TestCase("0", TokenRefusal.Expired)]
    [TestCase("-1", TokenRefusal.Expired)]
    [TestCase("-1e400", TokenRefusal.Expired)]
    [TestCase("99999999999999", null)]
    [TestCase("9223372036854775807", null)]
    [TestCase("9999999999999999999999", TokenRefusal.Malformed)]
    [TestCase("1e300", TokenRefusal.Malformed)]
    [TestCase("1e400", TokenRefusal.Malformed)]
    [TestCase("null", TokenRefusal.NoExpiry)]
    [TestCase("true", TokenRefusal.NoExpiry)]
    [TestCase("\"1800000060\"", TokenRefusal.NoExpiry)]
    [TestCase("\"soon\"", TokenRefusal.NoExpiry)]
    [TestCase("{}", TokenRefusal.NoExpiry)]
    [TestCase("[1800000060]", TokenRefusal.NoExpiry)]
    public async Task Verify_Expiry_IsANumberLaterThanNow(string exp, object? refusal) =>
        Assert.That(await Refusal(Jws.Sign($$"""{"user":"alice","roles":[],"exp":{{exp}},"jti":"s1"}""")), Is.EqualTo(refusal));

    [Test]
    public async Task Verify_NoExpiry_IsRefused() =>
        Assert.That(await Refusal(Jws.Sign("""{"user":"alice","roles":[],"jti":"s1"}""")), Is.EqualTo(TokenRefusal.NoExpiry));

    [Test]
    public async Task Verify_ExpiryBeyondTheCalendar_IsItsEnd() =>
        Assert.That((await Verify(Jws.Sign("""{"exp":99999999999999,"jti":"s1"}"""))).Identity!.Expires, Is.EqualTo(DateTimeOffset.MaxValue));

    [TestCase("1800000000", null)]
    [TestCase("1799999999", null)]
    [TestCase("1800000001", TokenRefusal.NotYetValid)]
    [TestCase("1e300", TokenRefusal.NotYetValid)]
    [TestCase("\"1799999999\"", TokenRefusal.NotYetValid)]
    [TestCase("null", TokenRefusal.NotYetValid)]
    public async Task Verify_NotBefore_IsRespected(string nbf, object? refusal) =>
        Assert.That(await Refusal(Jws.Sign($$"""{"user":"alice","roles":[],"exp":1800000060,"nbf":{{nbf}},"jti":"s1"}""")), Is.EqualTo(refusal));

    [TestCase(1799999991, 1800000000, null)]
    [TestCase(1799999990, 1800000000, TokenRefusal.Expired)]
    [TestCase(1800000060, 1800000010, null)]
    [TestCase(1800000060, 1800000011, TokenRefusal.NotYetValid)]
    public async Task Verify_ClockSkew_WidensBothEnds(long exp, long nbf, object? refusal)
    {
        var token = Jws.Sign($$"""{"exp":{{exp}},"nbf":{{nbf}},"jti":"s1"}""");
        Assert.That(await Refusal(token, new AuthOptions { SecretKey = Jws.Secret, ClockSkewSeconds = 10 }), Is.EqualTo(refusal));
    }

    [TestCase("""{"exp":1800000060,"exp":1800000060,"jti":"s1"}""")]
    [TestCase("""{"exp":1800000060,"jti":"s1","\u006Ati":"s2"}""")]
    [TestCase("""{"exp":1800000060,"jti":"s1","user":"alice","user":"bob"}""")]
    public async Task Verify_ClaimTwice_IsRefused(string claims) => Assert.That(await Refusal(Jws.Sign(claims)), Is.EqualTo(TokenRefusal.DuplicateClaim));

    [Test]
    public async Task Verify_HeaderMemberTwice_IsRefused() =>
        Assert.That(await Refusal(Jws.Sign(Good, """{"alg":"none","alg":"HS256"}""")), Is.EqualTo(TokenRefusal.DuplicateClaim));

    [TestCase("")]
    [TestCase(""","jti":null""")]
    [TestCase(""","jti":"" """)]
    [TestCase(""","jti":7""")]
    [TestCase(""","jti":true""")]
    [TestCase(""","jti":["s1"]""")]
    [TestCase(""","jti":"\ud800" """)]
    public async Task Verify_SessionThatIsNoText_IsRefused(string jti) =>
        Assert.That(await Refusal(Jws.Sign($$"""{"user":"alice","roles":[],"exp":1800000060{{jti}}}""")), Is.EqualTo(TokenRefusal.NoSession));

    [TestCase("", null)]
    [TestCase(""","user":"al\u0069ce" """, "alice")]
    [TestCase(""","user":"" """, "")]
    [TestCase(""","user":42""", "42")]
    [TestCase(""","user":4.20""", "4.20")]
    [TestCase(""","user":null""", null)]
    [TestCase(""","user":true""", null)]
    [TestCase(""","user":{"a":1}""", null)]
    public async Task Verify_User_IsTextOrNumber(string user, string? expected) =>
        Assert.That((await Verify(Jws.Sign($$"""{"roles":[],"exp":1800000060,"jti":"s1"{{user}}}"""))).Identity!.User, Is.EqualTo(expected));

    [TestCase("", null)]
    [TestCase(""","roles":[]""", new string[0])]
    [TestCase(""","roles":["a",""]""", new[] { "a", "" })]
    [TestCase(""","roles":"a" """, new[] { "a" })]
    [TestCase(""","roles":"a b,c" """, new[] { "a b,c" })]
    [TestCase(""","roles":null""", null)]
    [TestCase(""","roles":5""", null)]
    [TestCase(""","roles":["a b"]""", new[] { "a b" })]
    [TestCase(""","roles":["a",1]""", null)]
    [TestCase(""","roles":[null]""", null)]
    [TestCase(""","roles":{"a":1}""", null)]
    public async Task Verify_Roles_AreAListOfTextsOrOneText(string roles, string[]? expected) =>
        Assert.That((await Verify(Jws.Sign($$"""{"user":"a","exp":1800000060,"jti":"s1"{{roles}}}"""))).Identity!.Roles, Is.EqualTo(expected));

    [TestCase(""","iss":5""")]
    [TestCase(""","aud":{"a":[1]}""")]
    [TestCase(""","iat":"yesterday" """)]
    [TestCase(""","sub":[null]""")]
    [TestCase(""","iat":1e300""")]
    [TestCase(""","name":"\ud800" """)]
    public async Task Verify_RegisteredClaimOfAnotherKind_IsMalformed(string claim) =>
        Assert.That(await Refusal(Jws.Sign($$"""{"user":"a","roles":[],"exp":1800000060,"jti":"s1"{{claim}}}""")), Is.EqualTo(TokenRefusal.Malformed));

    /// <summary>Whoever has signed it, or nobody: claims are read before the signature is looked at.</summary>
    [TestCase(""" "user":"\ud800","roles":[] """)]
    [TestCase(""" "user":"a","roles":["\ud800"] """)]
    [TestCase(""" "user":{"a":"\ud800"},"roles":[] """)]
    public async Task Verify_ClaimWithHalfASurrogatePair_IsMalformed(string claims)
    {
        var token = Jws.Sign($$"""{{{claims}},"exp":1800000060,"jti":"s1"}""");
        Assert.That((await Refusal(token), await Refusal(token[..^4] + "AAAA")), Is.EqualTo((TokenRefusal.Malformed, TokenRefusal.Malformed)));
    }

    [TestCase(""","iss":"https://example.com","aud":["a","b"],"sub":"7","iat":1799999999.5,"azp":"me" """)]
    [TestCase(""","email":null,"email_verified":true,"address":{"street":{"no":[1,2.5,null]}}""")]
    public async Task Verify_OtherClaims_AreIgnored(string claims) =>
        Assert.That(await Refusal(Jws.Sign($$"""{"user":"a","roles":[],"exp":1800000060,"jti":"s1"{{claims}}}""")), Is.Null);

    [Test]
    public async Task Verify_OtherClaimNames_AreRead()
    {
        var options = new AuthOptions { SecretKey = Jws.Secret, UserField = "username", RolesField = "levels" };
        var identity = (await Verify(Jws.Sign("""{"username":"bob","levels":["x"],"exp":1800000060,"jti":"s1"}"""), options)).Identity!;
        Assert.That((identity.User, identity.Roles![0]), Is.EqualTo(("bob", "x")));
    }

    [TestCase("realm_access.roles", """ "realm_access":{"roles":["a","b"]} """, new[] { "a", "b" })]
    [TestCase("resource_access.my.client.roles", """ "resource_access":{"my.client":{"roles":["a"]}} """, new[] { "a" })]
    [TestCase("https://example.com/roles", """ "https://example.com/roles":["a"] """, new[] { "a" })]
    [TestCase("https://example.com/app.roles", """ "https://example.com/app":{"roles":["a"]} """, new[] { "a" })]
    [TestCase("a.b", """ "a.b":["whole"],"a":{"b":["path"]} """, new[] { "whole" })]
    [TestCase("a.b", """ "a":{"b":["path"]},"a.b":null """, null)]
    [TestCase("a.b.c", """ "a":{"b":{"c":["short"]}},"a.b":{"c":["long"]} """, new[] { "long" })]
    [TestCase("a.b.c", """ "a":{"b":{"c":["short"]}},"a.b":{} """, null)]
    [TestCase("a.b", """ "a":{"b":"one role"} """, new[] { "one role" })]
    [TestCase("a.b", """ "a":{"b":{"c":["a"]}} """, null)]
    [TestCase("a.b", """ "a":["b"] """, null)]
    [TestCase("a.b", """ "a":"b" """, null)]
    [TestCase("a.b", """ "a":null """, null)]
    [TestCase("a.b", """ "b":["a"] """, null)]
    [TestCase("a.", """ "a":{"":["a"]} """, new[] { "a" })]
    [TestCase(".a", """ "a":["a"] """, null)]
    [TestCase(".", """ "a":["a"] """, null)]
    [TestCase("scope", """ "scope":"read  write " """, new[] { "read", "write" })]
    [TestCase("scope", """ "scope":"" """, new string[0])]
    [TestCase("scp", """ "scp":"read write" """, new[] { "read", "write" })]
    [TestCase("scp", """ "scp":["read","read write"] """, new[] { "read", "read write" })]
    [TestCase("access.scope", """ "access":{"scope":"read write"} """, new[] { "read", "write" })]
    [TestCase("my.scope", """ "my.scope":"read write" """, new[] { "read write" })]
    [TestCase("scope.roles", """ "scope":{"roles":"read write"} """, new[] { "read write" })]
    [TestCase("Scope", """ "Scope":"read write" """, new[] { "read write" })]
    public async Task Verify_RolesField_MayBeAPath(string field, string claims, string[]? expected)
    {
        var options = new AuthOptions { SecretKey = Jws.Secret, RolesField = field };
        Assert.That((await Verify(Jws.Sign($$"""{"user":"a","exp":1800000060,"jti":"s1",{{claims}}}"""), options)).Identity!.Roles, Is.EqualTo(expected));
    }

    [TestCase(""" "info":{"name":"bob"} """, "bob", false)]
    [TestCase(""" "info":{"name":5} """, "5", true)]
    [TestCase(""" "info":{"name":"bob"},"info.name":"alice" """, "alice", false)]
    [TestCase(""" "info":{"name":null} """, null, false)]
    [TestCase(""" "info":{"name":{"first":"bob"}} """, null, false)]
    [TestCase(""" "name":"bob" """, null, false)]
    public async Task Verify_UserField_MayBeAPath(string claims, string? expected, bool isNumber)
    {
        var options = new AuthOptions { SecretKey = Jws.Secret, UserField = "info.name" };
        var identity = (await Verify(Jws.Sign($$"""{"roles":[],"exp":1800000060,"jti":"s1",{{claims}}}"""), options)).Identity!;
        Assert.That((identity.User, identity.UserIsNumber), Is.EqualTo((expected, isNumber)));
    }

    [Test]
    public async Task Verify_Paths_AreShownAsTheyAreWrittenAndNothingBesideThem()
    {
        var options = new AuthOptions { SecretKey = Jws.Secret, UserField = "info.name", RolesField = "realm_access.roles" };
        var token = Jws.Sign("""{"info":{"name":"bob","mail":"b@c"},"realm_access":{"roles":["a"],"other":1},"exp":1800000060,"jti":"s1"}""");
        Assert.That(Shown((await Verify(token, options)).Identity!), Is.EqualTo("""{"info.name":"bob","realm_access.roles":["a"],"jti":"s1","exp":1800000060}"""));

        options.PublicClaims = ["info.mail", "info.none", "realm_access"];
        Assert.That(Shown((await Verify(token, options)).Identity!), Is.EqualTo("""{"info.mail":"b@c","realm_access":{"roles":["a"],"other":1}}"""));

        static string Shown(Identity identity) => Encoding.UTF8.GetString(identity.PublicClaims!);
    }
}
