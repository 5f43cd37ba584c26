using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Sessions;
using RigKafka.Transports;

namespace RigKafka.Tests.Docs;

internal sealed class WirePageTests
{
    private const string Url = "http://127.0.0.1:1/keys";

    /// <summary>Everything is wrong at once. Then the first row of the page is mended, and the next one has to be the reason.</summary>
    [Test]
    public async Task WirePage_ListsTheRefusals_InTheOrderInWhichTheNodeLooks()
    {
        var page = MarkdownTable.Rows(RepositoryFiles.Read("docs/reference/wire.md"), "### Answers")
            .Select(row => MarkdownTable.Words(row[2]).FirstOrDefault(""))
            .SkipWhile(reason => reason != CloseReason.Shutdown.Name)
            .TakeWhile(reason => reason.Length > 0)
            .ToList();
        var found = new List<string?>();
        for (var mended = 0; mended <= page.Count; mended++)
        {
            found.Add(await Refusal([.. page.Skip(mended)]));
        }

        Assert.That(page, Has.Count.EqualTo(11));
        Assert.That(found, Is.EqualTo([.. page, null]));
    }

    /// <summary>Why a client is refused where all of these are so, null where it is let in.</summary>
    private static async Task<string?> Refusal(HashSet<string> faults)
    {
        using var totals = new MetricTotals(false);
        var limits = new ConnectionOptions
        {
            MaxConnections = faults.Contains("max_connections") ? 1 : 0,
            ConnectsPerSecondPerAddress = faults.Contains("address_rate") ? 1 : 0,
            ConnectsPerSecond = faults.Contains("connect_rate") ? 1 : 0,
            MaxConnectionsPerUser = faults.Contains("user_connections") ? 1 : 0,
        };
        var registry = new ConnectionRegistry(
            limits, new ExpiryOptions().Rule, totals.Metrics, TimeProvider.System, NullLogger<ConnectionRegistry>.Instance);
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = System.Net.IPAddress.Loopback } };
        using var admission = new Admission(limits, registry, 100);
        Assert.That(admission.Refuse(context.Connection.RemoteIpAddress), Is.Null, "the one before");
        Assert.That(admission.TryEnter("alice"), Is.True, "the one before");
        var before = new Identity("s0", "alice", false, [], DateTimeOffset.MaxValue);
        registry.Add(new FakeWire(), LineFormat.Instance, "test", before.ToHolder());

        var table = new FakeTable(TimeProvider.System);
        if (!faults.Contains("blacklist_unread"))
        {
            table.Ready.SetResult();
        }

        var blacklist = new Blacklist(table, registry, TimeProvider.System, NullLogger<Blacklist>.Instance);
        if (faults.Contains("blacklisted"))
        {
            await blacklist.Add(BlacklistKey.OfSession("s1"), new BlacklistEntry(DateTimeOffset.UtcNow.AddHours(1))).Soon();
        }

        if (faults.Contains("shutdown"))
        {
            registry.IsShut = true;
        }

        var claims = $$"""{"user":"alice","roles":[],"exp":{{(faults.Contains("expired") ? 1 : 4102444800)}},"jti":"s1"}""";
        var auth = faults.Contains("keys_unavailable") ? new AuthOptions { JwksUrl = Url } : new AuthOptions { SecretKey = Jws.Secret };
        var token = faults.Contains("keys_unavailable")
            ? Jws.Sign(claims, "RS256", TestKeys.Rsa)
            : Jws.Sign(claims, secret: faults.Contains("bad_signature") ? "another" : Jws.Secret);
        using var keys = new RemoteKeys(auth, TimeProvider.System, NullLogger<RemoteKeys>.Instance);
        var gate = new TokenGate(Verifiers.Of(auth, remote: keys), blacklist);
        var log = new FakeLog("rig") { Health = new LogHealth(!faults.Contains("log_unread"), null) };
        return (await new Entrance(gate, admission, registry, log).Enter(context, token).Soon()).Refusal?.Reason;
    }
}
