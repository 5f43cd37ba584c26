using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RigKafka.Messages;
using RigKafka.Operator;
using RigKafka.Presence;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Operator;

/// <summary>Who would hear a message is told only by a node that knows it.</summary>
internal sealed class ListenersEndpointTests
{
    [Test]
    public async Task BeforeTheNodeHasReadWhoIsOnline_ItSaysSo_AsItDoesOfUsers()
    {
        using var node = new TestNode();
        var table = new FakeTable(node.Time);
        var topics = new PresenceTopics(node.Registry, new PresenceOptions(), node.Time);
        var index = new PresenceIndex(table, new NodeId("a"), topics, node.Totals.Metrics, node.Time, NullLogger<PresenceIndex>.Instance);
        var listeners = new ListenersEndpoint(new MessageOptions(), node.Registry, index, topics);
        var users = new PresenceEndpoints(new PresenceOptions(), index, topics);
        await using var app = await TestApp.Start(api: api =>
        {
            api.MapPost("/v1/messages/listeners", listeners.Find);
            api.MapGet("/v1/users/{user}", users.GetUser);
        });

        using var unknown = await Ask();
        using var user = await app.Api.GetAsync("/v1/users/alice").Soon();
        Assert.That((unknown.StatusCode, user.StatusCode), Is.EqualTo((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable)));
        Assert.That(await unknown.Content.ReadAsStringAsync(), Is.EqualTo(await user.Content.ReadAsStringAsync()).And.Contain("has not read yet who is online"));

        table.Ready.SetResult();
        using var known = await Ask();
        Assert.That(await known.Content.ReadAsStringAsync(), Is.EqualTo("""{"topic":"user:alice","here":0,"everywhere":0,"listeners":[]}"""));

        Task<HttpResponseMessage> Ask() => app.Api.PostAsync("/v1/messages/listeners", JsonContent.Create(new { user = "alice" })).Soon();
    }
}
