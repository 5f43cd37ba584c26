using NUnit.Framework;
using RigKafka.Kafka;

namespace RigKafka.Tests.Kafka;

internal sealed class ClientLifetimeTests
{
    [Test]
    public async Task End_WithACallInside_WaitsForItAndLetsNoOtherIn()
    {
        var lifetime = new ClientLifetime();
        Assert.That(lifetime.TryEnter(), Is.True);

        var end = lifetime.End();

        Assert.That((end.IsCompleted, lifetime.IsEnding, lifetime.TryEnter()), Is.EqualTo((false, true, false)));
        Assert.That(lifetime.Use(() => 1), Is.Zero);
        lifetime.Leave();
        await end.Soon();
        Assert.That(lifetime.TryEnter(), Is.False);
        await lifetime.End().Soon();
    }

    [Test]
    public async Task End_WhileManyEnterAndLeave_FindsNobodyInside()
    {
        for (var round = 0; round < 50; round++)
        {
            var lifetime = new ClientLifetime();
            var isGone = false;
            var faults = 0;
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                while (lifetime.TryEnter())
                {
                    begun.TrySetResult();
                    faults += Volatile.Read(ref isGone) ? 1 : 0;
                    lifetime.Leave();
                }
            })).ToArray();
            await begun.Task.Soon();

            await lifetime.End().Soon();
            Volatile.Write(ref isGone, true);

            await Task.WhenAll(callers).Soon();
            Assert.That(faults, Is.Zero);
        }
    }
}
