using Confluent.Kafka;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

/// <summary>The clients of a node that cannot be built now: without a thread or a file, or while its certificates are exchanged.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KafkaClientsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly KafkaClients _clients;
    private readonly KafkaHealth _health;
    private int _failures;
    private int _tries;

    public KafkaClientsTests()
    {
        _clients = TestClients.OfNobody(_time);
        _health = _clients.Health();
    }

    [Test]
    public async Task Next_AfterAnother_IsTriedUntilItCanBeBuilt_AndSaysWhyNot()
    {
        await using var former = (await _clients.Next(Build, null, _health, CancellationToken.None).Soon())!;
        (_failures, _tries) = (2, 0);

        var next = _clients.Next(Build, former.Topics, _health, CancellationToken.None);
        Assert.That(next.IsCompleted, Is.False);
        Assert.That(_health.Now.Trouble, Is.EqualTo("The Kafka client cannot be started: no thread"));
        await Wait.Until(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return next.IsCompleted;
            },
            "it is built");

        await using var built = await next.Soon();
        Assert.That(_tries, Is.EqualTo(3));
    }

    [Test]
    public async Task Next_AfterAnother_IsNone_OnceItIsCancelled()
    {
        await using var former = (await _clients.Next(Build, null, _health, CancellationToken.None).Soon())!;
        _failures = int.MaxValue;
        using var stop = new CancellationTokenSource();
        var next = _clients.Next(Build, former.Topics, _health, stop.Token);

        await stop.CancelAsync();

        Assert.That(await next.Soon(), Is.Null);
    }

    [Test]
    public void Next_WithoutAnother_Fails()
    {
        _failures = 1;

        Assert.That(() => _clients.Next(Build, null, _health, CancellationToken.None).Soon(), Throws.TypeOf<KafkaException>().With.Message.EqualTo("no thread"));
    }

    private IConsumer<Ignore, Ignore> Build() => KafkaClients.Built(() =>
    {
        _tries++;
        return _failures-- > 0
            ? throw new InvalidOperationException("no thread")
            : new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { GroupId = "none" }).SetLogHandler((_, _) => { }).Build();
    });
}
