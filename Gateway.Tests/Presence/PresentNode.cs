using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RigKafka.Auth;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Presence;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Presence;

/// <summary>A node as far as presence goes, on a table that others may share.</summary>
internal sealed class PresentNode : IDisposable
{
    private readonly TestNode _node;
    private readonly PresenceTopics _topics;
    private readonly PresenceService _service;
    private readonly Membership _membership;

    public PresentNode(string id, ITable table, FakeTimeProvider time, int maxEntries = 100)
    {
        _node = new TestNode(time: time);
        var options = new PresenceOptions { MaxEntries = maxEntries };
        _topics = new PresenceTopics(_node.Registry, options, time);
        Index = new PresenceIndex(table, new NodeId(id), _topics, _node.Totals.Metrics, time, NullLogger<PresenceIndex>.Instance);
        var roster = new PresenceRoster(table, new NodeId(id), _node.Registry, new NodeSummary(new NodeOptions(), new FakeHealth(), new LoadHistory(new LiveMetrics(Totals.Meters), time, NullLogger<LoadHistory>.Instance)), time);
        _service = new PresenceService(roster, Index, _topics, time, NullLogger<PresenceService>.Instance);
        _membership = new Membership(new JoinPolicy(new AuthOptions()), _node.Registry, _node.Resumption, _topics, roster);
        Id = id;
    }

    public string Id { get; }

    public PresenceIndex Index { get; }

    public MetricTotals Totals => _node.Totals;

    public Task Start() => _service.StartAsync(CancellationToken.None);

    /// <summary>Ends in good order.</summary>
    public async Task Stop()
    {
        await _service.StoppingAsync(CancellationToken.None).Soon();
        Kill();
    }

    /// <summary>Falls silent, as a process that is killed does.</summary>
    public void Kill() => _service.StopAsync(new CancellationToken(canceled: true)).Soon().GetAwaiter().GetResult();

    /// <summary>The users on a topic, each as often as there are entries, in order.</summary>
    public string[] On(string topic) => [.. _topics.On(topic).Select(entry => entry.Read().User).Order()];

    /// <summary>The <c>phx_ref</c> of each entry of a topic.</summary>
    public IEnumerable<string> References(string topic) => _topics.On(topic).Select(entry =>
    {
        using var meta = JsonDocument.Parse(entry.Read().Meta);
        return meta.RootElement.GetProperty("phx_ref").GetString()!;
    });

    /// <summary>A client that joins a topic; the first line it gets is the <c>presence_state</c>, if there is one.</summary>
    public (Connection Connection, FakeWire Wire) Join(string user, string? topic = null, params string[] roles)
    {
        var wire = new FakeWire();
        var connection = _node.Open(wire);
        _membership.Join(connection, Visitor($"session of {user}", user, roles), topic ?? Topic.OfUser(user), LineFormat.Instance, null, (state, _) =>
            LineFormat.Instance.Encode(new Event("", "presence_state", state ?? "none"u8.ToArray(), [], null)));
        connection.Start();
        return (connection, wire);
    }

    /// <summary>Its client shows another token, of this session and with these roles.</summary>
    public void Renew(Connection connection, string user, string session, params string[] roles) => _membership.Renew(connection, Visitor(session, user, roles), [Topic.OfUser(user)]);

    /// <summary>The records of a topic.</summary>
    public IReadOnlyList<PresenceRecord> Records(string topic) => [.. _topics.On(topic).Select(entry => entry.Read())];

    public void Dispose()
    {
        Kill();
        _service.Dispose();
        _node.Dispose();
    }

    private static Visitor Visitor(string session, string user, string[] roles) =>
        new(new Identity(session, user, false, roles, DateTimeOffset.MaxValue, null, JsonSerializer.SerializeToUtf8Bytes(new { user })), "192.0.2.1", "desktop", "Firefox");
}
