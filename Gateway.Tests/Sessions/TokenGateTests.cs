using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Sessions;

namespace RigKafka.Tests.Sessions;

internal sealed class TokenGateTests
{
    /// <summary>The judge asks too, but lets nobody in.</summary>
    [Test]
    public void TokenVerifier_IsAskedByTheGateOnly_SoThatNobodyForgetsTheBlacklist()
    {
        var askers = typeof(Program).Assembly.GetTypes()
            .Where(type => type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Any(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(TokenVerifier))));

        Assert.That(askers, Is.EquivalentTo([typeof(TokenGate), typeof(TokenJudge)]));
    }

    /// <summary>Real threads: what is tested is the order of two pairs of steps.</summary>
    [Test]
    public async Task Renew_AmongDenials_LetsNoBlacklistedSessionThrough()
    {
        const int Rounds = 80;
        const int Threads = 4;
        using var totals = new MetricTotals(false);
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var registry = new ConnectionRegistry(new ConnectionOptions { DeliveryLoops = 2 }, new ExpiryOptions().Rule, totals.Metrics, time, NullLogger<ConnectionRegistry>.Instance);
        var blacklist = new Blacklist(new EmbeddedTable("blacklist", time), registry, time, NullLogger<Blacklist>.Instance);
        var gate = new TokenGate(Verifiers.Of(new AuthOptions { SecretKey = Jws.Secret }, time), blacklist);
        var first = new Identity("first", "alice", false, [], DateTimeOffset.MaxValue);
        var (renewed, refused) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var token = Jws.Sign($$"""{"user":"alice","roles":[],"exp":4102444800,"jti":"s{{round}}"}""");
            var connections = Enumerable.Range(0, Threads).Select(_ => registry.Add(new FakeWire(), LineFormat.Instance, "test", first.ToHolder())).ToArray();
            Array.ForEach(connections, connection => connection.Start());
            using var start = new Barrier(Threads + 1);
            var renewing = Array.ConvertAll(connections, connection => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(Limits.Hang);
                    return gate.Renew(connection, first, token).AsTask();
                },
                TaskCreationOptions.LongRunning).Unwrap());
            start.SignalAndWait(Limits.Hang);
            Thread.SpinWait(round * 300);
            await blacklist.Add(BlacklistKey.OfSession($"s{round}"), new BlacklistEntry(time.GetUtcNow().AddHours(1))).Soon();
            var verdicts = await Task.WhenAll(renewing).Soon();
            foreach (var (connection, verdict) in connections.Zip(verdicts))
            {
                if (verdict.Accepted)
                {
                    renewed++;
                    Assert.That(await connection.Closed.Soon(), Is.EqualTo(CloseReason.TokenBlacklisted));
                }
                else
                {
                    refused++;
                    Assert.That((verdict.Refusal, connection.Holder, connection.Closed.IsCompleted), Is.EqualTo((TokenRefusal.Blacklisted, first.ToHolder(), false)));
                }
            }
        }

        TestContext.Out.WriteLine($"{renewed} were renewed first and ended then, {refused} were refused.");
    }
}
