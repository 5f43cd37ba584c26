using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NUnit.Framework;
using RigKafka.Listeners;

namespace RigKafka.Tests.Proxy;

/// <summary>What needs HTTP/2 from end to end: trailers, and answers that come while the request still goes on, as gRPC has them.</summary>
internal sealed class TlsStreamingTests
{
    [Test]
    public async Task Call_InTheMannerOfGrpc_GoesBothWaysAtOnce_AndEndsWithTrailers()
    {
        using var certificates = new TestCertificates();
        certificates.Renew(5);
        await using var service = await Service.Start(
            async context =>
            {
                context.Response.ContentType = "application/grpc";
                await context.Response.Body.FlushAsync();
                var buffer = new byte[16];
                for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
                {
                    await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
                }

                context.Response.AppendTrailer("grpc-status", context.Request.Headers.TE.ToString() == "trailers" ? "0" : "13");
            },
            HttpProtocols.Http2);
        await using var app = await ProxyApp.Start(certificates.Settings);
        await app.Define(ProxyApp.Definition("grpc", service.Port, ProxyApp.Endpoint("POST", "/shop.Orders/Watch"))
            .OverHttp2());
        using var client = certificates.Http(app.Services.TlsListenAddresses()!.Value.External, HttpVersion.Version20);

        // On a new connection the head of a request rides along with what the connections have to say to each other. On the second call it
        // is on its own.
        for (var call = 0; call < 2; call++)
        {
            await Converse(client);
        }
    }

    private static async Task Converse(HttpClient client)
    {
        var parts = new DuplexContent();
        parts.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/shop.Orders/Watch")
        {
            Content = parts,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Soon();
        var answer = await response.Content.ReadAsStreamAsync().Soon();
        var requestStream = await parts.Stream.Soon();
        for (byte i = 1; i <= 3; i++)
        {
            await requestStream.WriteAsync(new[] { i });
            await requestStream.FlushAsync();
            var echo = new byte[1];
            await answer.ReadExactlyAsync(echo).Soon();
            Assert.That(echo[0], Is.EqualTo(i));
        }

        parts.Complete();
        Assert.That(await answer.ReadAsync(new byte[1]).Soon(), Is.Zero);
        Assert.That(response.TrailingHeaders.GetValues("grpc-status"), Is.EqualTo(["0"]));
    }
}
