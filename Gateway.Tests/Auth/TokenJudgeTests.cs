using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Auth;

namespace RigKafka.Tests.Auth;

internal sealed class TokenJudgeTests
{
    private const long Now = 1_800_000_000;
    private const string Good = """{"user":"alice","roles":["a"],"exp":1800000060,"iat":1800000000,"jti":"s1"}""";

    private readonly LogLines<TokenVerifier> _log = new();

    [TestCase("{0}")]
    [TestCase("Bearer {0}")]
    [TestCase("\n  bearer   {0} \r\n")]
    public async Task Judge_GoodToken_IsAcceptedHoweverItWasCopied(string pasted)
    {
        var judgement = await Judge(string.Format(null, pasted, Jws.Sign(Good)));

        Assert.That(judgement.Verdict.Identity?.User, Is.EqualTo("alice"));
        Assert.That(judgement.Findings, Is.Empty);
        Assert.That(judgement.Header?.GetRawText(), Is.EqualTo("""{"alg":"HS256","typ":"JWT"}"""));
        Assert.That(judgement.Claims?.GetRawText(), Is.EqualTo(Good));
    }

    [TestCase("""{"exp":1800000060,"jti":"s1"}""", "no_user no_roles no_issued_at")]
    [TestCase("""{"user":7,"roles":"a","exp":1800000060,"jti":"s1"}""", "no_issued_at")]
    public async Task Judge_TokenThatIsTaken_SaysWhatItLacks(string claims, string words)
    {
        var judgement = await Judge(Jws.Sign(claims));

        Assert.That(judgement.Verdict.Accepted, Is.True);
        Assert.That(Words(judgement), Is.EqualTo(words));
    }

    [TestCase("", "malformed There is no token; expected three parts")]
    [TestCase("a.b", "malformed It has 2 parts; expected three")]
    [TestCase("a.b.c.d.e", "malformed It has five parts, so it is encrypted; expected a token that is signed")]
    [TestCase("e30. e30", "malformed There is space in it, or a line break; expected none.")]
    [TestCase("a.e30.x", "malformed Its header, the first part, is not readable; expected a JSON object in base64url.")]
    [TestCase("e30.W10.x", "malformed Its claims, the second part, are not readable; expected a JSON object in base64url.")]
    public async Task Judge_NoToken_SaysWhatATokenIs(string token, string start) =>
        Assert.That(Lines(await Judge(token)).Single(), Does.StartWith(start));

    [TestCase("""{"exp":1800000000,"jti":"s1"}""", "expired It expired at 2027-01-15 08:00:00Z, and it is 2027-01-15 08:00:00Z now; expected an exp that is yet to come.")]
    [TestCase("""{"exp":-1e300,"jti":"s1"}""", "expired It expired at 0001-01-01 00:00:00Z, and")]
    [TestCase("""{"jti":"s1"}""", "no_expiry Its exp is missing; expected a number of seconds since the Unix epoch.")]
    [TestCase("""{"exp":"1800000060","jti":"s1"}""", "no_expiry Its exp is \"1800000060\"; expected a number")]
    [TestCase("""{"exp":1800000060,"nbf":1800000001,"jti":"s1"}""", "not_yet_valid It is valid from 2027-01-15 08:00:01Z on, and it is 2027-01-15 08:00:00Z now; expected an nbf that has passed.")]
    [TestCase("""{"exp":1800000060,"nbf":"now","jti":"s1"}""", "not_yet_valid Its nbf is \"now\"; expected a number")]
    [TestCase("""{"exp":1800000060}""", "no_session Its jti is missing; expected a text that names the session")]
    [TestCase("""{"exp":1800000060,"jti":"s1","jti":"s2"}""", "duplicate_claim A member of its header, or a claim, is there twice; expected each name once.")]
    [TestCase("""{"exp":1800000060,"jti":"s1","iss":7}""", "malformed A registered claim is not of its kind")]
    public async Task Judge_WrongClaims_SaysWhatTheyAreAndWhatWouldBeRight(string claims, string start) =>
        Assert.That(Lines(await Judge(Jws.Sign(claims)))[0], Does.StartWith(start));

    [TestCase("""{"alg":"none"}""", "unsupported_algorithm Its alg is \"none\"; expected HS256, HS384, HS512.")]
    [TestCase("""{"alg":"RS256"}""", "unsupported_algorithm Its alg is \"RS256\", and there is no key for that; expected HS256, HS384, HS512, or another key in the settings.")]
    [TestCase("""{"typ":"JWT"}""", "unsupported_algorithm Its alg is missing; expected HS256")]
    [TestCase("""{"alg":"HS256","crit":["b64"]}""", "unsupported_algorithm Its header has crit, which")]
    public async Task Judge_WrongHeader_SaysWhatItIsAndWhatWouldBeRight(string header, string start) =>
        Assert.That(Lines(await Judge(Jws.Sign(Good, header))).Single(), Does.StartWith(start));

    [Test]
    public async Task Judge_OtherSecret_NamesTheSettings() => Assert.That(
        Lines(await Judge(Jws.Sign(Good, secret: "other"))).Single(),
        Does.StartWith("bad_signature It was not signed with JWT_SECRET_KEY, or was changed later; expected"));

    [Test]
    public async Task Judge_OtherKey_NamesTheSetting()
    {
        var options = new AuthOptions { PublicKey = TestKeys.Rsa.ExportSubjectPublicKeyInfoPem() };

        Assert.That(
            Lines(await Judge(Jws.Sign(Good, "RS256", TestKeys.OtherRsa), options)).Single(),
            Does.StartWith("bad_signature It was not signed with the private key of JWT_PUBLIC_KEY, or was changed later; expected"));
    }

    [Test]
    public async Task Judge_KeySet_SaysWhichKeyItHasNot_OrThatItDoesNotAnswer()
    {
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("k1", TestKeys.Rsa)));
        var options = new AuthOptions { JwksUrl = server.Url };
        Assert.That(
            Lines(await Judge(Jws.Sign(Good, "RS256", TestKeys.Rsa, "k2"), options)).Single(),
            Does.StartWith("unknown_key The key set at JWT_JWKS_URL has no key for kid \"k2\" and alg \"RS256\"; expected"));

        server.Answer = null;
        Assert.That(Lines(await Judge(Jws.Sign(Good, "RS256", TestKeys.Rsa, "k1"), options)).Single(), Does.StartWith("keys_unavailable "));
    }

    [Test]
    public async Task Judge_SeveralMistakes_AreAllNamed_ThatOfTheVerdictFirst()
    {
        var options = new AuthOptions { SecretKey = Jws.Secret, Issuer = "us", Audience = ["here", "there"] };
        var judgement = await Judge(Jws.Sign("""{"exp":1,"iss":"them","aud":["elsewhere"]}""", secret: "other"), options);

        Assert.That(judgement.Verdict.Refusal, Is.EqualTo(TokenRefusal.Expired));
        Assert.That(Words(judgement), Is.EqualTo("expired no_session wrong_issuer wrong_audience bad_signature"));
        Assert.That(judgement.Findings[2].Sentence, Is.EqualTo("Its iss is \"them\"; expected \"us\" (JWT_ISSUER)."));
        Assert.That(judgement.Findings[3].Sentence, Is.EqualTo("Its aud is [\"elsewhere\"]; expected \"here\" or \"there\" (JWT_AUDIENCE)."));
    }

    [Test]
    public async Task Judge_WithoutAnyKey_OrTooLong_SaysSo()
    {
        Assert.That(Words(await Judge(Jws.Sign(Good), new AuthOptions())), Is.EqualTo("no_secret"));

        var judgement = await Judge(new string('.', 300), new AuthOptions { SecretKey = Jws.Secret, MaxTokenBytes = 256 });
        Assert.That(Lines(judgement), Is.EqualTo(["too_long It has 300 bytes; expected at most 256 (JWT_MAX_TOKEN_BYTES)."]));
        Assert.That((judgement.Header, judgement.Claims), Is.EqualTo(((object?)null, (object?)null)));
    }

    [TestCase("""{"exp":1,"jti":"\ud800"}""")]
    [TestCase("""{"exp":1,"jti":"s1","deep":{"\ud800":1}}""")]
    public async Task Judge_ClaimsThatAreNoText_AreNotShown(string claims) =>
        Assert.That((await Judge(Jws.Sign(claims))).Claims, Is.Null);

    [Test]
    public async Task Judge_AnyToken_IsNotLogged_AndItsSignatureIsNotInTheAnswer()
    {
        var token = Jws.Sign("""{"exp":1,"jti":"s1"}""", secret: "other");
        var judgement = await Judge(token);

        Assert.That(_log.Lines, Is.Empty);
        Assert.That($"{judgement} {string.Join(' ', Lines(judgement))}", Does.Not.Contain(token.Split('.')[2]).And.Not.Contain(Jws.Secret));
    }

    [Test]
    public async Task Blacklisted_IsARefusal_WithWhatWasFoundBefore()
    {
        var judgement = (await Judge(Jws.Sign("""{"user":"a","roles":[],"exp":1800000060,"jti":"s1"}"""))).Blacklisted();

        Assert.That(judgement.Verdict.Refusal, Is.EqualTo(TokenRefusal.Blacklisted));
        Assert.That(Words(judgement), Is.EqualTo("blacklisted no_issued_at"));
    }

    [Test]
    public void Of_EveryRefusal_HasASentenceOnOneLine_ThatSaysWhatIsExpected()
    {
        var none = new TokenAdvice("", null, null, [], new AuthOptions(), DateTimeOffset.UnixEpoch);
        foreach (var refusal in Enum.GetValues<TokenRefusal>().Where(refusal => refusal != TokenRefusal.Expired))
        {
            var finding = none.Of(refusal);
            Assert.That(finding.Word, Is.EqualTo(refusal.Word()));
            Assert.That(finding.Sentence, Does.EndWith(".").And.Contain("; expected ").And.Not.Contain("\n"), finding.Word);
        }
    }

    private async Task<TokenJudgement> Judge(string token, AuthOptions? options = null)
    {
        options ??= new AuthOptions { SecretKey = Jws.Secret };
        var clock = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(Now));
        using var remote = new RemoteKeys(options, TimeProvider.System, NullLogger<RemoteKeys>.Instance);
        var judge = new TokenJudge(Verifiers.Of(options, clock, _log, remote), new VerificationKeys(options, remote), options, clock);
        return await judge.Judge(token).AsTask().Soon();
    }

    private static string Words(TokenJudgement judgement) => string.Join(' ', judgement.Findings.Select(finding => finding.Word));

    private static IReadOnlyList<string> Lines(TokenJudgement judgement) =>
        [.. judgement.Findings.Select(finding => $"{finding.Word} {finding.Sentence}")];
}
