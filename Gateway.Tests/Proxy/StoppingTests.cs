using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NUnit.Framework;
using RigKafka.Listeners;

namespace RigKafka.Tests.Proxy;

/// <summary>
/// What becomes of calls that are not over when a node's time to stop is. The host would wait for them for much longer than these tests do.
/// </summary>
internal sealed class StoppingTests
{
    private static readonly Dictionary<string, string?> Settings = new() { ["SHUTDOWN_TIMEOUT_MS"] = "300", ["DRAIN_MS"] = "0" };

    [Test]
    public async Task CallThatIsNotAnsweredYet_Is503()
    {
        var isThere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var service = await Service.Start(context =>
        {
            isThere.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var app = await ProxyApp.Start(Settings);
        await app.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("GET", "/x")));
        var calling = app.Call("GET", "/x");
        await isThere.Task.Soon();

        await app.StopAsync();

        using var answer = await calling;
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
        Assert.That(
            await answer.Content.ReadAsStringAsync(),
            Is.EqualTo("""{"errors":{"detail":"This node stopped before the service answered."}}"""));
        Assert.That(
            app.TakeErrors(),
            Is.EqualTo(["1706 Stopping: 1 proxied calls did not end within SHUTDOWN_TIMEOUT_MS and are broken off. "]));
    }

    [Test]
    public async Task CallInTheMannerOfGrpc_IsBrokenOff_ThoughItsClientGoesOnSending()
    {
        using var certificates = new TestCertificates();
        certificates.Renew();
        await using var service = await Service.Start(
            async context =>
            {
                await context.Response.Body.FlushAsync();
                await context.Request.Body.CopyToAsync(Stream.Null);
            },
            HttpProtocols.Http2);
        var settings = new Dictionary<string, string?>(Settings.Concat(certificates.Settings));
        await using var app = await ProxyApp.Start(settings);
        await app.Define(ProxyApp.Definition("grpc", service.Port, ProxyApp.Endpoint("POST", "/x")).OverHttp2());
        using var client = certificates.Http(app.Services.TlsListenAddresses()!.Value.External, HttpVersion.Version20);
        var parts = new DuplexContent();
        parts.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/x")
        {
            Content = parts,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Soon();
        var answer = await response.Content.ReadAsStreamAsync().Soon();

        await app.StopAsync();

        Assert.That(() => answer.ReadAsync(new byte[1]).Soon(), Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<IOException>());
        parts.Complete();
        Assert.That(app.TakeErrors(), Has.Count.EqualTo(1));
    }
}
