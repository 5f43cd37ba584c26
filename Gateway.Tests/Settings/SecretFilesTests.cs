using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Settings;

namespace RigKafka.Tests.Settings;

/// <summary>Secrets in files that change while a node runs.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SecretFilesTests
{
    private const string First = "a secret of these tests, 32 bytes and more";
    private const string Claims = """{"user":"alice","roles":[],"exp":4102444800,"jti":"s1"}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly LogLines<SecretFilesTests> _log = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private TestApp _app = null!;

    [SetUp]
    public async Task Start()
    {
        File.WriteAllText(ApiToken, "first\n");
        File.WriteAllText(Secret, First);
        File.WriteAllText(Previous, "");
        _app = await TestApp.Start(
            (builder, settings) =>
            {
                builder.Logging.AddProvider(_log.Provider);
                builder.Services.AddSingleton<TimeProvider>(_time);
                builder.AddAuth(settings);
                builder.AddSecretFiles(settings);
            },
            api: api => api.MapGet("/v1/x", () => "x"),
            settings: new() { ["API_TOKEN_FILE"] = ApiToken, ["JWT_SECRET_KEY_FILE"] = Secret, ["JWT_PREVIOUS_SECRET_KEY_FILE"] = Previous });
    }

    [TearDown]
    public async Task Stop()
    {
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Test]
    public async Task ApiTokenThatChanges_IsAskedFor_AndTheFormerIsRefused()
    {
        Assert.That(await Call("first"), Is.EqualTo(HttpStatusCode.OK));

        await Write(ApiToken, "second,third", "SecretsRenewed");

        Assert.That((await Call("first"), await Call("second"), await Call("third")), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    [Test]
    public async Task SecretThatChanges_ChecksTokens_AndTheFormerDoesNot()
    {
        const string Other = "another secret of these tests, 32 bytes and more";
        var (former, renewed) = (Jws.Sign(Claims, secret: First), Jws.Sign(Claims, secret: Other));
        Assert.That((await IsTaken(former), await IsTaken(renewed)), Is.EqualTo((true, false)));

        await Write(Secret, Other, "SecretsRenewed");

        Assert.That((await IsTaken(former), await IsTaken(renewed)), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task PreviousSecret_ChecksTokens_UntilItsFileIsEmptyAgain()
    {
        const string Old = "the secret before, of these tests, 32 bytes and more";
        var old = Jws.Sign(Claims, secret: Old);
        await Write(Previous, Old, "SecretsRenewed");
        Assert.That((await IsTaken(old), await IsTaken(Jws.Sign(Claims, secret: First))), Is.EqualTo((true, true)));

        await Write(Previous, "", "SecretsRenewed", times: 2);

        Assert.That((await IsTaken(old), await IsTaken(Jws.Sign(Claims, secret: First))), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task FileThatIsEmptyOrGone_ChangesNothing_AndIsSaidOnce()
    {
        await Write(ApiToken, " ,\n", "SecretsKept");

        Assert.That((await Call("first"), await Call("")), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Unauthorized)));
        File.Delete(ApiToken);
        await Write(Secret, "", "SecretsKept", times: 2);
        Assert.That((await Call("first"), await IsTaken(Jws.Sign(Claims, secret: First))), Is.EqualTo((HttpStatusCode.OK, true)));
        Assert.That(_log.Of("SecretsKept"), Is.Unique);
        Assert.That(_app.TakeErrors(), Has.Count.EqualTo(_log.Of("SecretsKept").Count()));
        Assert.That(_log.Of("SecretsKept").First(), Does.Contain($"API_TOKEN_FILE={ApiToken}: the file is empty"));
    }

    private string ApiToken => Path.Combine(_folder.FullName, "api-token");

    private string Secret => Path.Combine(_folder.FullName, "jwt-secret");

    private string Previous => Path.Combine(_folder.FullName, "jwt-previous-secret");

    private async Task Write(string file, string text, string eventName, int times = 1)
    {
        await File.WriteAllTextAsync(file, text);
        // The service may not have begun to wait yet.
        await Wait.Until(
            () =>
            {
                _time.Advance(SecretFilesService.Interval);
                return _log.Of(eventName).Count() >= times;
            },
            eventName);
    }

    private async Task<HttpStatusCode> Call(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/x", UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _app.Api.SendAsync(request).Soon();
        return answer.StatusCode;
    }

    private async Task<bool> IsTaken(string token) => (await _app.Services.GetRequiredService<TokenVerifier>().Verify(token)).Accepted;
}
