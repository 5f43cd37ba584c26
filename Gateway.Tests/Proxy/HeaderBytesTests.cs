using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NUnit.Framework;
using RigKafka.Listeners;

namespace RigKafka.Tests.Proxy;

/// <summary>The bytes of a header's value, whatever they are (RFC 9110, section 5.5), pass. Each byte is a character here.</summary>
internal sealed class HeaderBytesTests
{
    private const string Latin = "Jos\u00e9";
    private const string Utf8 = "M\u00c3\u00bcller \u00f0\u009f\u0098\u0080";
    private const string AllBytes = "\u0080\u0081\u009f\u00a0\u00c0\u00ff\u00fe";

    private static readonly JsonNode Transform = new JsonObject { ["add_headers"] = new JsonObject { ["x-name"] = "Jürgen 日本 😀", ["x-plain"] = "plain" } };

    [TestCase("Latin-1")]
    [TestCase("UTF-8")]
    [TestCase("neither")]
    [TestCase("half of a character")]
    public async Task Headers_OfBothWays_PassByteForByte(string kind)
    {
        // A report of tests cannot hold the bytes.
        var value = kind switch { "Latin-1" => Latin, "UTF-8" => Utf8, "neither" => AllBytes, _ => "\u00c3" };
        string? head = null;
        await using var service = RawService.Start(async (socket, _) =>
        {
            head = await RawService.ReadHead(socket);
            await RawService.Write(socket, $"HTTP/1.1 302 Found\r\nLocation: /{value}?q={value}\r\nSet-Cookie: n={value}\r\nX-Any: {value}\r\nContent-Disposition: a; filename={value}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });
        await using var app = await Start(service.Port);
        var answer = await Raw(
            app.External,
            $"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: n={value}; m=1\r\nX-Any: {value}\r\nUser-Agent: {value}\r\nReferer: {value}\r\n\r\n");
        foreach (var line in new[] { $"Cookie: n={value}; m=1", $"X-Any: {value}", $"User-Agent: {value}", $"Referer: {value}" })
        {
            Assert.That(head, Does.Contain($"\r\n{line}\r\n").IgnoreCase);
        }

        foreach (var line in new[] { $"Location: /{value}?q={value}", $"Set-Cookie: n={value}", $"X-Any: {value}", $"Content-Disposition: a; filename={value}" })
        {
            Assert.That(answer, Does.Contain($"\r\n{line}\r\n").IgnoreCase);
        }
    }

    [Test]
    public async Task Headers_AndTrailers_PassByteForByteOverHttp2()
    {
        using var certificates = new TestCertificates();
        certificates.Renew(5);
        string? seen = null;
        await using var service = await Service.Start(
            async context =>
            {
                seen = context.Request.Headers["x-any"];
                context.Response.Headers["x-any"] = context.Response.Headers.Location = Latin + Utf8 + AllBytes;
                await context.Response.WriteAsync("body");
                context.Response.AppendTrailer("x-trailer", Latin + Utf8 + AllBytes);
            },
            HttpProtocols.Http2,
            requestHeaders: Encoding.Latin1);
        await using var app = await Start(service.Port, "2", certificates.Settings);
        using var client = certificates.Http(
            app.Services.TlsListenAddresses()!.Value.External,
            HttpVersion.Version20,
            encoding: Encoding.Latin1);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/x") { Version = HttpVersion.Version20 };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Headers.TryAddWithoutValidation("x-any", Latin + Utf8 + AllBytes);
        using var response = await client.SendAsync(request).Soon();

        Assert.That(seen, Is.EqualTo(Latin + Utf8 + AllBytes));
        Assert.That(response.Headers.NonValidated["x-any"].ToString(), Is.EqualTo(Latin + Utf8 + AllBytes));
        Assert.That(response.Headers.NonValidated["location"].ToString(), Is.EqualTo(Latin + Utf8 + AllBytes));
        Assert.That(response.TrailingHeaders.NonValidated["x-trailer"].ToString(), Is.EqualTo(Latin + Utf8 + AllBytes));
    }

    [Test]
    public async Task Trailers_OfAChunkedAnswer_PassByteForByteToAClientOfHttp2()
    {
        using var certificates = new TestCertificates();
        certificates.Renew(5);
        await using var service = RawService.Start(async (socket, _) =>
        {
            await RawService.ReadHead(socket);
            await RawService.Write(socket, $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-trailer\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\nx-trailer: {Latin}{Utf8}\r\n\r\n");
        });
        await using var app = await Start(service.Port, settings: certificates.Settings);
        using var client = certificates.Http(
            app.Services.TlsListenAddresses()!.Value.External,
            HttpVersion.Version20,
            encoding: Encoding.Latin1);
        using var response = await client.GetAsync("/x").Soon();
        Assert.That(response.TrailingHeaders.NonValidated["x-trailer"].ToString(), Is.EqualTo(Latin + Utf8));
    }

    [Test]
    public async Task AddHeaders_AreWrittenAsUtf8()
    {
        string? head = null;
        await using var service = RawService.Start(async (socket, _) =>
        {
            head = await RawService.ReadHead(socket);
            await RawService.Write(socket, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        });
        await using var app = await Start(service.Port);
        await Raw(app.External, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Name: client\r\n\r\n");
        Assert.That(head, Does.Contain($"x-name: {Encoding.Latin1.GetString("Jürgen 日本 😀"u8)}\r\n").And.Contain("x-plain: plain\r\n").And.Not.Contain("client"));
    }

    [TestCase("client")]
    [TestCase("target")]
    public async Task EmptyHost_GoesOnAsTheOneOfTheService(string setting)
    {
        string? head = null;
        await using var service = RawService.Start(async (socket, _) =>
        {
            head = await RawService.ReadHead(socket);
            await RawService.Write(socket, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        });
        await using var app = await Start(service.Port, settings: new() { ["PROXY_HOST_HEADER"] = setting });
        foreach (var host in new[] { "Host:", "Host: ", "Host:\t " })
        {
            Assert.That(await Raw(app.External, $"GET /x HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n"), Does.StartWith("HTTP/1.1 204"));
            Assert.That(
                head!.Split("\r\n").Where(line => line.StartsWith("host:", StringComparison.OrdinalIgnoreCase)),
                Is.EqualTo([$"Host: 127.0.0.1:{service.Port}"]));
        }
    }

    [Test]
    public async Task Port_ThatIsNotTheProxys_TakesAnyBytesInHeaders()
    {
        await using var app = await Start(1);
        Assert.That(
            await Raw(app.Api, $"GET /v1/apis HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: n={Latin}{AllBytes}\r\n\r\n"),
            Does.StartWith("HTTP/1.1 200"));
    }

    [Test]
    public async Task ControlCharacters_InAHeader_AreRefusedAsBefore()
    {
        await using var app = await Start(1);
        Assert.That(
            await Raw(app.External, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Any: a\0b\r\n\r\n"),
            Does.StartWith("HTTP/1.1 400"));
    }

    private static async Task<TestApp> Start(int port, string version = "1.1", Dictionary<string, string?>? settings = null)
    {
        var app = await ProxyApp.Start(settings);
        var definition = ProxyApp.Definition("a", port, ProxyApp.Endpoint("GET", "/x").With("transform_request_headers", true));
        definition["version_data"]!["default"]!["transform_request_headers"] = Transform.DeepClone();
        definition["proxy"]!["http_version"] = version;
        await app.Define(definition);
        return app;
    }

    private static async Task<string> Raw(HttpClient port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port.BaseAddress!.Port).Soon();
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync().Soon();
    }
}
