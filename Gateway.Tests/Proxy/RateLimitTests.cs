using System.Net;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Proxy;

namespace RigKafka.Tests.Proxy;

internal sealed class RateLimitTests
{
    [Test]
    public async Task Burst_IsLetThrough_AndTheNextCallIs429_BeforeItsTokenIsLookedAt()
    {
        await using var service = await Service.Start(_ => Task.CompletedTask);
        await using var app = await ProxyApp.Start(new()
        {
            ["RATE_LIMIT_ENABLED"] = "true",
            ["RATE_LIMIT_AVG_RATE_PER_SEC"] = "0",
            ["RATE_LIMIT_BURST_SIZE"] = "10",
        });
        var secured = ProxyApp.Endpoint("GET", "/secured").With("not_secured", false);
        await app.Define(ProxyApp.Definition("a", service.Port, ProxyApp.Endpoint("GET", "/x"), secured).With("auth_type", "jwt"));
        for (var i = 0; i < 10; i++)
        {
            using var passed = await app.Call("GET", "/x");
            Assert.That(passed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        using var denied = await app.Call("GET", "/secured");
        Assert.That(denied.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(await denied.Content.ReadAsStringAsync(), Is.EqualTo("""{"message":"Too many requests."}"""));
        Assert.That(denied.Headers.RetryAfter!.ToString(), Is.EqualTo("1"));
        Assert.That(app.TakeErrors(), Is.EqualTo(
        [
            $"1704 Too many requests (429) from 127.0.0.1 to 127.0.0.1:{service.Port}. 0 more were refused since the last such line. ",
        ]));
    }

    [Test]
    public async Task BucketOfOne_IsFilledAgainAfterASecond()
    {
        using var limits = new RateLimits(new RateLimitOptions { Enabled = true, AverageRate = 1, Burst = 1 });
        var context = From("1.2.3.4");
        Assert.That(limits.Admits(context, "dest"), Is.True);
        Assert.That(limits.Admits(context, "dest"), Is.False);
        using var limit = new CancellationTokenSource(Limits.Hang);
        while (!limits.Admits(context, "dest"))
        {
            // The library's clock cannot be turned.
            await Task.Delay(50, limit.Token);
        }
    }

    [TestCase(true, true)]
    [TestCase(false, false)]
    public void SecondAddress_HasABucketOfItsOwn_WherePerIp(bool perIp, bool expected)
    {
        using var limits = new RateLimits(new RateLimitOptions { Enabled = true, PerIp = perIp, AverageRate = 0, Burst = 1 });
        Assert.That(limits.Admits(From("1.2.3.4"), "dest"), Is.True);
        Assert.That(limits.Admits(From("1.2.3.5"), "dest"), Is.EqualTo(expected));
        Assert.That(limits.Admits(From("1.2.3.4"), "other"), Is.True);
    }

    [TestCase("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", false)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::1", true)]
    [TestCase("1.2.3.4", "::ffff:1.2.3.4", false)]
    [TestCase("::ffff:1.2.3.4", "::ffff:1.2.3.5", true)]
    [TestCase("fe80::1%2", "fe80::2%2", false)]
    public void Network_OfIPv6_CountsAsOneAddress(string first, string second, bool expected)
    {
        using var limits = new RateLimits(new RateLimitOptions { Enabled = true, AverageRate = 0, Burst = 1 });
        Assert.That(limits.Admits(From(first), "dest"), Is.True);
        Assert.That(limits.Admits(From(second), "dest"), Is.EqualTo(expected));
    }

    [Test]
    public void Off_AdmitsEverything()
    {
        using var limits = new RateLimits(new RateLimitOptions { AverageRate = 0, Burst = 1 });
        Assert.That(Enumerable.Range(0, 100).All(_ => limits.Admits(From("1.2.3.4"), "dest")), Is.True);
    }

    private static DefaultHttpContext From(string address) => new() { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };
}
