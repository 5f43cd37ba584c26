using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using RigKafka.Http;
using RigKafka.Settings;

namespace RigKafka.Tests.Http;

/// <summary>A client's address is the word of a proxy that is trusted, and of nobody else.</summary>
internal sealed class ClientAddressTests
{
    [TestCase("", "203.0.113.7", "127.0.0.1", Description = "nobody is trusted")]
    [TestCase("10.0.0.0/8", "203.0.113.7", "127.0.0.1", Description = "the peer is not trusted")]
    [TestCase("127.0.0.1", "203.0.113.7", "203.0.113.7")]
    [TestCase("127.0.0.0/8", "203.0.113.7", "203.0.113.7")]
    [TestCase("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7")]
    [TestCase("127.0.0.1", "6.6.6.6, 203.0.113.7", "203.0.113.7", Description = "what the client wrote itself is on the left")]
    [TestCase("127.0.0.1,10.0.0.0/8", "6.6.6.6, 203.0.113.7, 10.1.2.3, 10.0.0.9", "203.0.113.7", Description = "through all trusted proxies")]
    [TestCase("127.0.0.1,10.0.0.0/8", "10.1.2.3, 10.0.0.9", "10.1.2.3", Description = "trusted all the way")]
    [TestCase("127.0.0.1", "203.0.113.7:5123", "203.0.113.7")]
    [TestCase("127.0.0.1", "2001:db8::7", "2001:db8::7")]
    [TestCase("127.0.0.1", "[2001:db8::7]:5123", "2001:db8::7")]
    [TestCase("127.0.0.1,2001:db8::/32", "6.6.6.6, 2001:db9::1, 2001:db8::7", "2001:db9::1")]
    [TestCase("127.0.0.1,10.0.0.0/8", "203.0.113.7, ::ffff:10.0.0.1", "203.0.113.7", Description = "an IPv4 address, however it is written")]
    [TestCase("127.0.0.1", "6.6.6.6, unknown", "127.0.0.1")]
    [TestCase("127.0.0.1", "nonsense", "127.0.0.1")]
    [TestCase("127.0.0.1", "", "127.0.0.1")]
    public async Task XForwardedFor_OfATrustedPeer_GivesTheAddress(string trusted, string header, string expected) =>
        Assert.That(await Seen(trusted, ClientAddress.XForwardedFor, ("X-Forwarded-For", header)), Is.EqualTo(expected));

    [TestCase("for=203.0.113.7", "203.0.113.7")]
    [TestCase("For=203.0.113.7;proto=https;by=10.0.0.1", "203.0.113.7")]
    [TestCase("proto=https; for=\"203.0.113.7:47011\"", "203.0.113.7")]
    [TestCase("for=\"[2001:db8::7]:47011\"", "2001:db8::7")]
    [TestCase("for=6.6.6.6, for=203.0.113.7", "203.0.113.7")]
    [TestCase("for=6.6.6.6;host=\"a,for=7.7.7.7\", for=203.0.113.7;host=\"b,for=8.8.8.8\"", "203.0.113.7")]
    [TestCase("for=203.0.113.7;x=\"a\\\",for=8.8.8.8\"", "203.0.113.7")]
    [TestCase("for=6.6.6.6, for=_hidden", "127.0.0.1")]
    [TestCase("for=6.6.6.6, for=unknown", "127.0.0.1")]
    [TestCase("for=6.6.6.6, proto=https", "127.0.0.1")]
    [TestCase("for=6.6.6.6,", "127.0.0.1")]
    [TestCase("for=\"6.6.6.6", "127.0.0.1")]
    [TestCase("for=\"1.1.1.1, 6.6.6.6\"", "127.0.0.1")]
    [TestCase("for=\"6.6.6.6, for=203.0.113.7", "203.0.113.7", Description = "a quote that the client left open")]
    [TestCase("for=\"6.6.6.6, for=\"[2001:db8::7]:47011\"", "2001:db8::7", Description = "a quote that the client left open")]
    [TestCase("for=\"6.6.6.6\\, for=203.0.113.7", "203.0.113.7", Description = "a quote that the client left open")]
    [TestCase("", "127.0.0.1")]
    public async Task Forwarded_OfATrustedPeer_GivesTheAddress(string header, string expected) =>
        Assert.That(await Seen("127.0.0.1", ClientAddress.Forwarded, ("Forwarded", header)), Is.EqualTo(expected));

    [TestCase(ClientAddress.Forwarded, "X-Forwarded-For", "6.6.6.6")]
    [TestCase(ClientAddress.Forwarded, "rig-forwarded-for", "6.6.6.6")]
    [TestCase(ClientAddress.XForwardedFor, "Forwarded", "for=6.6.6.6")]
    public async Task OtherHeader_OfATrustedPeer_IsIgnored(string setting, string header, string value) =>
        Assert.That(await Seen("127.0.0.1", setting, (header, value)), Is.EqualTo("127.0.0.1"));

    [Test]
    public async Task Headers_OnTheApiPort_AreIgnored()
    {
        await using var app = await TestApp.Start(api: Echo, settings: new() { ["TRUSTED_PROXIES"] = "127.0.0.1" });
        app.Api.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        Assert.That(await app.Api.GetStringAsync("/address").Soon(), Is.EqualTo("127.0.0.1"));
    }

    [Test]
    public async Task PeerOnADualStackSocket_IsTheIpv4AddressThatIsTrusted()
    {
        await using var app = await TestApp.Start(external: Echo, settings: new() { ["TRUSTED_PROXIES"] = "127.0.0.1", ["LISTEN_ADDRESS"] = "", ["API_TOKEN"] = "secret" });
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(app.External.BaseAddress!) { Host = "127.0.0.1", Path = "/address" }.Uri);
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        using var answer = await app.External.SendAsync(request).Soon();
        Assert.That(await answer.Content.ReadAsStringAsync().Soon(), Is.EqualTo("203.0.113.7"));
    }

    [TestCase("10.0.0.0/33")]
    [TestCase("proxy.example.com")]
    [TestCase("*")]
    public void Setting_OtherThanAddressesAndNetworks_IsAMistake(string proxy)
    {
        var settings = new SettingsReader(new ConfigurationManager { ["TRUSTED_PROXIES"] = $"127.0.0.1, {proxy}" });
        settings.Read<ClientAddressOptions>();
        Assert.That(settings.Mistakes, Is.EqualTo([$"TRUSTED_PROXIES={proxy}: expected IP addresses and networks such as 10.0.0.0/8."]));
    }

    private static void Echo(IEndpointRouteBuilder routes) => routes.MapGet("/address", (HttpContext context) => context.Connection.RemoteIpAddress!.ToString());

    private static async Task<string> Seen(string trusted, string setting, (string Name, string Value) header)
    {
        await using var app = await TestApp.Start(external: Echo, settings: new() { ["TRUSTED_PROXIES"] = trusted, ["FORWARDED_HEADER"] = setting });
        app.External.DefaultRequestHeaders.TryAddWithoutValidation(header.Name, header.Value);
        return await app.External.GetStringAsync("/address").Soon();
    }
}
