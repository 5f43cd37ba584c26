using System.Buffers.Text;
using System.Diagnostics.Tracing;
using System.Text;
using Microsoft.IdentityModel.Logging;
using NUnit.Framework;
using RigKafka.Auth;

namespace RigKafka.Tests.Auth;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TokenVerifierTests : TokenFixture
{
    [Test]
    public async Task Verify_GoodToken_SaysWhoseItIs()
    {
        var identity = (await Verify(Jws.Sign(Good))).Identity!;

        Assert.That(identity.Session, Is.EqualTo("s1"));
        Assert.That(identity.User, Is.EqualTo("alice"));
        Assert.That(identity.UserIsNumber, Is.False);
        Assert.That(identity.Roles, Is.EqualTo(["a", "b"]));
        Assert.That(identity.Expires, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(Now + 60)));
    }

    [TestCase("HS256")]
    [TestCase("HS384")]
    [TestCase("HS512")]
    public async Task Verify_SecretOfAnyLength_IsThePlainHmac(string algorithm)
    {
        foreach (var length in new[] { 1, 11, 31, 32, 33, 47, 48, 63, 64, 65, 127, 128, 129, 300 })
        {
            var secret = new string('k', length);
            var token = Jws.Sign(Good, $$"""{"alg":"{{algorithm}}"}""", secret, algorithm);

            Assert.That(await Refusal(token, new AuthOptions { SecretKey = secret }), Is.Null, $"{length} bytes");
            Assert.That(await Refusal(token, new AuthOptions { SecretKey = secret + "k" }), Is.EqualTo(TokenRefusal.BadSignature), $"{length} bytes, other secret");
        }
    }

    [Test]
    public async Task Verify_SecretThatIsNotAscii_IsItsUtf8Bytes() =>
        Assert.That(await Refusal(Jws.Sign(Good, secret: "schlüssel🔑"), new AuthOptions { SecretKey = "schlüssel🔑" }), Is.Null);

    [TestCase("sesame\n")]
    [TestCase("sesame\r\n")]
    public async Task Verify_SecretThatEndsWithALineBreak_IsTriedWithAndWithoutIt(string written)
    {
        foreach (var options in new[] { new AuthOptions { SecretKey = written }, new AuthOptions { SecretKey = "another", PreviousSecretKey = written } })
        {
            Assert.That(await Refusal(Jws.Sign(Good, secret: "sesame"), options), Is.Null);
            Assert.That(await Refusal(Jws.Sign(Good, secret: written), options), Is.Null);
            Assert.That(await Refusal(Jws.Sign(Good, secret: "sesam"), options), Is.EqualTo(TokenRefusal.BadSignature));
            Assert.That(await Refusal(Jws.Sign(Good, secret: " sesame"), options), Is.EqualTo(TokenRefusal.BadSignature));
        }
    }

    [TestCase("")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase("...")]
    [TestCase("garbage")]
    [TestCase("a.b.c")]
    [TestCase("e30.e30")]
    [TestCase("e30.e30.e30.e30.e30")]
    [TestCase("[].{}.x")]
    [TestCase("ü.ü.ü")]
    [TestCase("Bearer e30.e30.e30")]
    public async Task Verify_Garbage_IsMalformed(string token) => Assert.That(await Refusal(token), Is.EqualTo(TokenRefusal.Malformed));

    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("\"text\"")]
    [TestCase("")]
    [TestCase("{")]
    [TestCase("{\"exp\":1800000060,\"jti\":\"s1\",}")]
    [TestCase("{\"exp\":1800000060,\"jti\":\"s1\"} {}")]
    [TestCase("{\"exp\":1800000060,\"jti\":\"s1\",\"\\ud800\":1}")]
    public async Task Verify_ClaimsThatAreNoObject_AreMalformed(string claims) =>
        Assert.That(await Refusal(Jws.Sign(claims)), Is.EqualTo(TokenRefusal.Malformed));

    [Test]
    public async Task Verify_ClaimsNestedTooDeep_AreMalformed()
    {
        var deep = new string('[', 100) + new string(']', 100);
        Assert.That(await Refusal(Jws.Sign($$"""{"exp":1800000060,"jti":"s1","x":{{deep}}}""")), Is.EqualTo(TokenRefusal.Malformed));
    }

    [Test]
    public async Task Verify_InvalidUtf8_IsMalformed()
    {
        var claims = Encoding.Latin1.GetBytes("{\"user\":\"\u00fc\",\"roles\":[],\"exp\":1800000060,\"jti\":\"s1\"}");
        Assert.That(await Refusal(Jws.Sign("""{"alg":"HS256"}"""u8.ToArray(), claims)), Is.EqualTo(TokenRefusal.Malformed));
    }

    [Test]
    public async Task Verify_TokenLongerThanAllowed_IsTooLong()
    {
        var token = Jws.Sign(Good);
        Assert.That(await Refusal(token, new AuthOptions { SecretKey = Jws.Secret, MaxTokenBytes = token.Length }), Is.Null);
        Assert.That(await Refusal(token, new AuthOptions { SecretKey = Jws.Secret, MaxTokenBytes = token.Length - 1 }), Is.EqualTo(TokenRefusal.TooLong));
    }

    [TestCase("""{"alg":"none"}""")]
    [TestCase("""{"alg":"None"}""")]
    [TestCase("""{"alg":"hs256"}""")]
    [TestCase("""{"alg":"RS256"}""")]
    [TestCase("""{"alg":"ES256"}""")]
    [TestCase("""{"alg":"dir","enc":"A128CBC-HS256"}""")]
    [TestCase("""{"alg":"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"}""")]
    [TestCase("""{"alg":null}""")]
    [TestCase("""{"alg":256}""")]
    [TestCase("""{"alg":["HS256"]}""")]
    [TestCase("""{"typ":"JWT"}""")]
    [TestCase("""{"alg":"HS256","crit":["b64"],"b64":false}""")]
    public async Task Verify_OtherAlgorithmSignedWithOurSecret_IsUnsupported(string header) =>
        Assert.That(await Refusal(Jws.Sign(Good, header)), Is.EqualTo(TokenRefusal.UnsupportedAlgorithm));

    [Test]
    public async Task Verify_AlgorithmNoneWithoutSignature_IsUnsupported() =>
        Assert.That(await Refusal(Jws.Sign(Good, """{"alg":"none"}""", algorithm: "none")), Is.EqualTo(TokenRefusal.UnsupportedAlgorithm));

    [TestCase("""{"alg":"HS256","kid":"some key","jku":"https://example.com/keys","x5c":["x"]}""")]
    [TestCase("""{"alg":"HS256","typ":"at+jwt","cty":"JWT"}""")]
    public async Task Verify_OtherHeaderMembers_AreIgnored(string header) => Assert.That(await Refusal(Jws.Sign(Good, header)), Is.Null);

    [Test]
    public async Task Verify_ChangedClaims_HaveABadSignature()
    {
        var parts = Jws.Sign(Good).Split('.');
        var claims = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Good.Replace("alice", "mallory", StringComparison.Ordinal)));
        Assert.That(await Refusal($"{parts[0]}.{claims}.{parts[2]}"), Is.EqualTo(TokenRefusal.BadSignature));
    }

    [Test]
    public async Task Verify_MissingSignature_IsABadSignature()
    {
        var token = Jws.Sign(Good);
        Assert.That(await Refusal(token[..(token.LastIndexOf('.') + 1)]), Is.EqualTo(TokenRefusal.BadSignature));
    }

    /// <summary>A signature has one spelling (RFC 7515, section 2), so that nobody can make two tokens of one.</summary>
    [TestCase("=")]
    [TestCase("A")]
    [TestCase(" ")]
    public async Task Verify_SignatureWithMoreAtItsEnd_IsABadSignature(string more) =>
        Assert.That(await Refusal(Jws.Sign(Good) + more), Is.EqualTo(TokenRefusal.BadSignature));

    [TestCase("HS256")]
    [TestCase("HS384")]
    [TestCase("HS512")]
    public async Task Verify_SignatureThatDiffersInItsLastBits_IsABadSignature(string algorithm)
    {
        var token = Jws.Sign(Good, $$"""{"alg":"{{algorithm}}"}""", algorithm: algorithm);
        Assert.That(await Refusal(token), Is.Null);
        foreach (var last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".Where(last => last != token[^1]))
        {
            Assert.That(await Refusal(token[..^1] + last), Is.EqualTo(TokenRefusal.BadSignature));
        }
    }

    [Test]
    public async Task Verify_SignatureOfAnotherAlgorithm_IsABadSignature() =>
        Assert.That(await Refusal(Jws.Sign(Good, """{"alg":"HS512"}""", algorithm: "HS256")), Is.EqualTo(TokenRefusal.BadSignature));

    [Test]
    public async Task Verify_EmptySecret_RefusesEvenWhatWasSignedWithIt() =>
        Assert.That(await Refusal(Jws.Sign(Good, secret: ""), new AuthOptions()), Is.EqualTo(TokenRefusal.NoSecret));

    [Test]
    public async Task Verify_Refusal_IsLoggedByItsWordAlone()
    {
        await Verify(Jws.Sign(Good, secret: "another"));
        Assert.That(Log.Lines, Is.EqualTo(["Information TokenRefused A token was refused: bad_signature."]));
    }

    [Test]
    public async Task Verify_LibraryLogging_HoldsNoToken()
    {
        using var listener = new IdentityModelEvents();
        var token = Jws.Sign(Good, secret: "another");
        await Verify(token);
        await Verify(token[..^5] + "!!!!!");

        Assert.That((IdentityModelEventSource.ShowPII, IdentityModelEventSource.LogCompleteSecurityArtifact), Is.EqualTo((false, false)));
        Assert.That(listener.Text.ToString(), Does.Not.Contain(token.Split('.')[1]).And.Not.Contain("alice"));
    }

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public void Verify_AnyText_IsAnsweredWithoutAnException(string? text) => Assert.That(Refusal(text ?? "").Result, Is.Not.Null);

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public void Verify_AnyBytesSignedWithOurSecret_AreAnsweredWithoutAnException(byte[] claims) =>
        Assert.That(Refusal(Jws.Sign("""{"alg":"HS256"}"""u8.ToArray(), claims)).Result, Is.Not.Null);

    [FsCheck.NUnit.Property(MaxTest = 3000)]
    public void Verify_AnyByteChangedInTheClaims_IsAnsweredWithoutAnException(byte[] noise, int at)
    {
        var claims = Encoding.UTF8.GetBytes(Good);
        var start = (int)((uint)at % claims.Length);
        noise.AsSpan(0, Math.Min(noise.Length, claims.Length - start)).CopyTo(claims.AsSpan(start));
        Assert.That(() => Refusal(Jws.Sign("""{"alg":"HS256"}"""u8.ToArray(), claims)).Wait(), Throws.Nothing);
    }

    private sealed class IdentityModelEvents : EventListener
    {
        public StringBuilder Text { get; } = new();

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name.Contains("IdentityModel", StringComparison.Ordinal))
            {
                EnableEvents(eventSource, EventLevel.Verbose);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => Text.AppendJoin(' ', eventData.Payload ?? new([]));
    }
}
