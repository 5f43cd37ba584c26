using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Channels;
using RigKafka.Http;
using RigKafka.Transports;

namespace RigKafka.Tests.Transports;

/// <summary>What a client gets that has no session; those that have one are in the integration tests.</summary>
internal sealed class LongPollEndpointTests
{
    private const string ComeAgain = """{"status":500}""";

    private readonly FakeTimeProvider _time = new();
    private MetricTotals _totals = null!;
    private LongPollSessions _sessions = null!;
    private LongPollEndpoint _endpoint = null!;

    [SetUp]
    public void Create()
    {
        _totals = new MetricTotals();
        _sessions = new LongPollSessions(new LongPollOptions(), _time);
        // Nobody enters, and nobody joins.
        Entrance entrance = null!;
        _endpoint = new LongPollEndpoint(entrance, _sessions, new ChannelServices(null!, null!, new ChannelOptions(), _time), new OriginOptions(), _totals.Metrics);
    }

    [TearDown]
    public void Dispose()
    {
        _sessions.Dispose();
        _totals.Dispose();
    }

    [TestCase("PUT")]
    [TestCase("DELETE")]
    public async Task Handle_OfAnotherMethod_Is400(string method)
    {
        var context = Request(method, "");
        await _endpoint.Handle(context).Soon();

        Assert.That((context.Response.StatusCode, Body(context)), Is.EqualTo((400, "")));
    }

    [Test]
    public async Task Handle_OfAPreflight_SaysWhatMayFollow()
    {
        var context = Request("OPTIONS", "");
        context.Request.Headers.AccessControlRequestHeaders = "content-type";
        await _endpoint.Handle(context).Soon();

        Assert.That(context.Response.Headers.AccessControlAllowMethods.ToString(), Is.EqualTo("get, post, options"));
        Assert.That(context.Response.Headers.AccessControlAllowHeaders.ToString(), Is.EqualTo("content-type"));
        Assert.That(context.Response.Headers.AccessControlAllowOrigin.ToString(), Is.EqualTo("*"));
    }

    [Test]
    public async Task Post_WithoutASession_IsToldToOpenOne()
    {
        var context = Request("POST", "?vsn=2.0.0&token=a.jwt.only");
        await _endpoint.Handle(context).Soon();

        Assert.That((context.Response.StatusCode, Body(context)), Is.EqualTo((200, """{"status":410}""")));
    }

    [Test]
    public async Task Get_OfAVersionThatThereIsNot_IsRefused_AndCounted()
    {
        var context = Request("GET", "?vsn=9.0.0&token=a.jwt.only");
        await _endpoint.Handle(context).Soon();

        Assert.That((context.Response.StatusCode, Body(context)), Is.EqualTo((200, """{"status":403}""")));
        Assert.That(_totals["rig.connections.refused{transport=longpoll,reason=bad_vsn}"], Is.EqualTo(1));
    }

    [TestCase("GET", "HTTP/1.1", "close")]
    [TestCase("POST", "HTTP/1.1", "close")]
    [TestCase("GET", "HTTP/2", "")]
    public async Task Request_OfASessionThatHasEnded_IsNotAnsweredAtOnce_AndHoldsNoConnection(string method, string protocol, string connection)
    {
        var context = Request(method, $"?token={LongPollSessions.TokenPrefix}over", protocol);
        var answering = _endpoint.Handle(context);
        _time.Advance(TimeSpan.FromMilliseconds(199));
        Assert.That(answering.IsCompleted, Is.False);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await answering.Soon();

        Assert.That((context.Response.StatusCode, Body(context)), Is.EqualTo((200, ComeAgain)));
        Assert.That(context.Response.Headers.Connection.ToString(), Is.EqualTo(connection));
        Assert.That(context.Response.ContentLength, Is.EqualTo(ComeAgain.Length));
    }

    private static DefaultHttpContext Request(string method, string query, string protocol = "HTTP/1.1")
    {
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Path, context.Request.QueryString, context.Request.Protocol) = (method, LongPollEndpoint.Path, new QueryString(query), protocol);
        context.Response.Body = new MemoryStream();
        return context;
    }

    private static string Body(DefaultHttpContext context) => Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());
}
