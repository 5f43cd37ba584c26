using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Auth;
using static RigKafka.Tests.Support.TestKeys;

namespace RigKafka.Tests.Auth;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
internal sealed class RemoteKeysTests : IDisposable
{
    private const string Good = """{"user":"alice","roles":[],"exp":4102444800,"jti":"s1"}""";

    private readonly LogLines<RemoteKeys> _log = new();
    private RemoteKeys? _keys;
    private TokenVerifier? _verifier;

    [Test]
    public async Task Find_KeyInTheSet_ChecksTokensOfItsName()
    {
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa), Jwk.Of("b", P256, ""","use":"sig","alg":"ES256" """)));
        Use(server.Url);

        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);
        Assert.That(await Refusal(Jws.Sign(Good, "PS512", Rsa, "a")), Is.Null);
        Assert.That(await Refusal(Jws.Sign(Good, "ES256", P256, "b")), Is.Null);
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", OtherRsa, "a")), Is.EqualTo(TokenRefusal.BadSignature));
        Assert.That(await Refusal(Jws.Sign(Good, "ES256", P256)), Is.Null, "no name: every key that fits");
        Assert.That(server.Requests, Is.EqualTo(1));
        Assert.That(_log.Lines, Is.EqualTo(["Information KeysRetrieved JWT_JWKS_URL: 2 keys are used, 0 that cannot be are skipped."]));
    }

    [Test]
    public async Task Find_NameOfAKeyOfAnotherKind_IsUnknown()
    {
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa, ""","alg":"RS256" """), Jwk.Of("b", P256)));
        Use(server.Url);

        Assert.That(await Refusal(Jws.Sign(Good, "ES256", P256, "a")), Is.EqualTo(TokenRefusal.UnknownKey));
        Assert.That(await Refusal(Jws.Sign(Good, "PS256", Rsa, "a")), Is.EqualTo(TokenRefusal.UnknownKey));
        Assert.That(await Refusal(Jws.Sign(Good, secret: "a")), Is.EqualTo(TokenRefusal.UnsupportedAlgorithm));
    }

    [Test]
    public async Task Find_RotatedKey_IsKnownAfterOneMoreRequest()
    {
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa)));
        Use(server.Url);
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);

        server.Answer = Jwk.Set(Jwk.Of("b", OtherRsa));
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", OtherRsa, "b")), Is.Null);
        Assert.That(server.Requests, Is.EqualTo(2));

        server.Answer = Jwk.Set(Jwk.Of("c", Rsa));
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "c")), Is.Null, "soon after the last time");
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", OtherRsa, "b")), Is.EqualTo(TokenRefusal.UnknownKey), "taken back by the issuer");
    }

    [Test]
    public async Task Find_KeysOfLongAgo_AsksOnceInTheBackground()
    {
        var time = new FakeTimeProvider();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa)));
        Use(server.Url, time);
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);

        (server.Answer, server.Delay) = (Jwk.Set(Jwk.Of("a", OtherRsa), Jwk.Of("b", P256)), answer.Task);
        time.Advance(TimeSpan.FromMinutes(15));
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);
        Assert.That(server.Requests, Is.EqualTo(1), "not yet");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null, "it does not wait");
        await Wait.Until(() => server.Requests == 2, "the issuer is asked");
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);
        answer.SetResult();
        await Wait.Until(() => _log.Lines.Count == 2, "the keys are there");
        await Wait.Until(async () => await Refusal(Jws.Sign(Good, "RS256", OtherRsa, "a")) is null, "the key of today");
        time.Advance(RemoteKeys.Pause);
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.EqualTo(TokenRefusal.BadSignature), "taken back by the issuer");
        Assert.That(server.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task Find_FloodOfUnknownNames_AsksNowAndThenAndHoldsUpNobody()
    {
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa)));
        Use(server.Url);
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);

        var started = Stopwatch.GetTimestamp();
        var flood = Enumerable.Range(0, 2000).Select(i => Refusal(Jws.Sign(Good, """{"alg":"RS256","kid":"name NUMBER"}""".Replace("NUMBER", $"{i}", StringComparison.Ordinal)))).ToList();
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);
        Assert.That(flood.TrueForAll(one => one.IsCompleted), Is.False, "the known key was not queued behind the flood");
        Assert.That(await Task.WhenAll(flood).Soon(), Is.All.EqualTo(TokenRefusal.UnknownKey));
        Assert.That(server.Requests, Is.LessThanOrEqualTo(2 + (int)(Stopwatch.GetElapsedTime(started) / RemoteKeys.Pause)));
    }

    [Test]
    public async Task Find_UrlDownLater_GoesOnWithTheKeysItHas()
    {
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa)));
        Use(server.Url);
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);

        foreach (var answer in new[] { null, "garbage", "[]", "{}", Jwk.Set() })
        {
            server.Answer = answer;
            Assert.That(await Refusal(Jws.Sign(Good, "RS256", OtherRsa, "b")), Is.EqualTo(TokenRefusal.UnknownKey));
            Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);
        }

        Assert.That(_log.Lines.Skip(1), Is.EqualTo(["Warning KeysNotRetrieved JWT_JWKS_URL gives no keys: it was answered with 500. Those that are known are kept, and it is asked again."]), "one line, however often");
        server.Answer = Jwk.Set(Jwk.Of("b", OtherRsa));
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", OtherRsa, "b")), Is.Null);
        Assert.That(_log.Lines[^1], Is.EqualTo("Information KeysRetrieved JWT_JWKS_URL: 1 keys are used, 0 that cannot be are skipped."));
    }

    [Test]
    public async Task Find_UrlDownAtStart_RefusesUntilItIsThere()
    {
        int port;
        string url;
        await using (var reserved = await JwksServer.Start(null))
        {
            (port, url) = (reserved.Port, reserved.Url);
        }

        Use(url);
        await _keys!.StartAsync(CancellationToken.None).Soon();
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.EqualTo(TokenRefusal.KeysUnavailable));
        Assert.That(_log.Lines, Is.EqualTo(["Warning KeysNotRetrieved JWT_JWKS_URL gives no keys: ConnectionError: Connection refused. Those that are known are kept, and it is asked again."]));

        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa)), port);
        await Wait.Until(async () => await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")) is null, "the keys are there");
    }

    [Test]
    public async Task Find_SlowUrl_IsNotWaitedForWithoutEnd()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa)));
        server.Delay = answer.Task;
        Use(server.Url);

        // It answers when all are refused.
        var refusals = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Refusal(Jws.Sign(Good, "RS256", Rsa, "a")))).Soon();
        Assert.That(refusals, Is.All.EqualTo(TokenRefusal.KeysUnavailable));
        Assert.That(server.Requests, Is.LessThanOrEqualTo(3));
        answer.SetResult();
    }

    [Test]
    public async Task Find_SlowUrlThatAnswers_IsWaitedFor()
    {
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa)));
        server.Delay = Task.Delay(1000);
        Use(server.Url);

        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);
    }

    [Test]
    public async Task Find_SecondsInARowWithTheSameName_UsesTheNewKey()
    {
        await using var server = await JwksServer.Start(Jwk.Set(Jwk.Of("a", Rsa), Jwk.Of("other", P256)));
        Use(server.Url);
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);

        server.Answer = Jwk.Set(Jwk.Of("a", OtherRsa));
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", OtherRsa, "b")), Is.EqualTo(TokenRefusal.UnknownKey));
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", OtherRsa, "a")), Is.Null);
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.EqualTo(TokenRefusal.BadSignature));
    }

    [Test]
    public async Task Find_SetWithAnOddKey_ChecksTokensAndSaysHowManyWereSkipped()
    {
        await using var server = await JwksServer.Start(Jwk.Set("""{"kty":"RSA","kid":7,"key_ops":null}""", Jwk.Of("a", Rsa)));
        Use(server.Url);
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", Rsa, "a")), Is.Null);

        server.Answer = Jwk.Set(Jwk.Of("a", Rsa), Jwk.Of("b", OtherRsa), "[]", "7");
        Assert.That(await Refusal(Jws.Sign(Good, "RS256", OtherRsa, "b")), Is.Null);
        Assert.That(_log.Lines, Is.EqualTo([
            "Information KeysRetrieved JWT_JWKS_URL: 1 keys are used, 1 that cannot be are skipped.",
            "Information KeysRetrieved JWT_JWKS_URL: 2 keys are used, 2 that cannot be are skipped."]), "a line when the numbers change");
    }

    public void Dispose() => _keys?.Dispose();

    private void Use(string url, TimeProvider? time = null)
    {
        var options = new AuthOptions { JwksUrl = url };
        _keys = new RemoteKeys(options, time ?? TimeProvider.System, _log);
        _verifier = Verifiers.Of(options, log: NullLogger<TokenVerifier>.Instance, remote: _keys);
    }

    private async Task<TokenRefusal?> Refusal(string token) => (await _verifier!.Verify(token).Soon()).Refusal;
}
