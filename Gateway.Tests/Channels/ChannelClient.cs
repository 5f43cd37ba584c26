using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RigKafka.Auth;
using RigKafka.Channels;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Presence;
using RigKafka.Sessions;

namespace RigKafka.Tests.Channels;

/// <summary>One client, its lines one message each.</summary>
internal sealed class ChannelClient : IDisposable
{
    private readonly ChannelSocket _socket;
    private readonly ChannelCodec _codec;

    public ChannelClient(Identity identity, int vsn, ChannelOptions? limits = null, int history = 1 << 20)
    {
        Node = new TestNode(history: history);
        _codec = vsn == 1 ? ChannelCodec.V1 : ChannelCodec.V2;
        var format = ChannelLines.Of(_codec);
        Connection = Node.Registry.Add(Wire, format, "test", identity.ToHolder());
        var table = new FakeTable(Node.Time);
        table.Ready.SetResult();
        Blacklist = new Blacklist(table, Node.Registry, Node.Time, NullLogger<Blacklist>.Instance);
        var options = new AuthOptions { SecretKey = Jws.Secret, PrivilegedRoles = ["admin"] };
        Connection.Start();
        _socket = new ChannelSocket(
            new Visitor(identity, "192.0.2.1", "desktop", "Firefox"),
            Connection,
            format,
            new ChannelServices(
                new TokenGate(Verifiers.Of(options, Node.Time), Blacklist),
                new Membership(new JoinPolicy(options), Node.Registry, Node.Resumption),
                limits ?? new ChannelOptions(),
                Node.Time));
    }

    public TestNode Node { get; }

    public FakeWire Wire { get; } = new();

    public Connection Connection { get; }

    public Blacklist Blacklist { get; }

    public Task Say(string reference, string topic, string name, string payload = "{}")
    {
        var text = _codec == ChannelCodec.V1
            ? $$"""{"topic":"{{topic}}","event":"{{name}}","payload":{{payload}},"ref":"{{reference}}"}"""
            : $$"""["{{reference}}","{{reference}}","{{topic}}","{{name}}",{{payload}}]""";
        return _socket.Handle(_codec.Parse(Encoding.UTF8.GetBytes(text))!).Soon();
    }

    public Task Renew(string reference, string token, string topic = "user:alice") => Say(reference, topic, "access_token", $$"""{"access_token":"{{token}}"}""");

    public Task<(AppendOutcome Outcome, BlacklistEntry Entry)> Add(string session) => Blacklist.Add(BlacklistKey.OfSession(session), new BlacklistEntry(Node.Time.GetUtcNow().AddHours(1))).Soon();

    public async Task<string> Answer() => (await Heard(1)).Single();

    public Task<string[]> Heard(int messages) => Wire.Take(messages);

    public void Dispose() => Node.Dispose();
}
