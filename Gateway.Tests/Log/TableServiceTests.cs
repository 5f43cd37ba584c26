using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.Tests.Log;

internal sealed class TableServiceTests
{
    [Test]
    public async Task Entries_AreForgottenADayAfterTheyExpired_NotBefore()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        var table = new EmbeddedTable("test", time);
        var removed = new TaskCompletionSource<TableChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        await table.Put("short", new TableEntry([], time.GetUtcNow().AddHours(1))).Soon();
        await table.Put("long", new TableEntry([], time.GetUtcNow().AddHours(10))).Soon();
        table.Watch(change => removed.TrySetResult(change));
        using var lifetime = new FakeLifetime();
        using var service = new TableService(table, lifetime, time, NullLogger<TableService>.Instance);
        await service.StartAsync(CancellationToken.None).Soon();

        for (var hour = 0; hour < 24; hour++)
        {
            await Pass(time, TimeSpan.FromHours(1));
        }

        Assert.That(table.Count, Is.EqualTo(2));
        for (var i = 0; i < 10 && !removed.Task.IsCompleted; i++)
        {
            await Pass(time, TimeSpan.FromMinutes(30));
        }

        Assert.That(await removed.Task.Soon(), Is.EqualTo(new TableChange("short", null)));
        Assert.That(table.Count, Is.EqualTo(1));
        await service.StopAsync(CancellationToken.None).Soon();
    }

    /// <summary>The sweep's first removal is under way when the second entry is renewed.</summary>
    [Test]
    public async Task EntryThatIsRenewedDuringASweep_IsNotForgotten()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        var table = new FakeTable(time);
        table.Ready.SetResult();
        var expired = time.GetUtcNow().AddHours(1);
        await table.Put("one", new TableEntry([], expired)).Soon();
        await table.Put("two", new TableEntry([], expired)).Soon();
        time.Advance(TimeSpan.FromHours(26));
        using var lifetime = new FakeLifetime();
        using var service = new TableService(table, lifetime, time, NullLogger<TableService>.Instance);
        await service.StartAsync(CancellationToken.None).Soon();
        table.Hold();
        var writes = table.Writes;
        for (var i = 0; i < 500 && table.Writes == writes; i++)
        {
            await Pass(time, TimeSpan.FromMinutes(1));
        }

        Assert.That(table.Writes, Is.EqualTo(writes + 1), "the sweep waits for its first removal");

        var renewed = time.GetUtcNow().AddHours(1);
        await table.Shared.Put("one", new TableEntry([], renewed)).Soon();
        await table.Shared.Put("two", new TableEntry([], renewed)).Soon();
        table.LetGo();

        Assert.That(() => table.Writes, Is.EqualTo(writes + 2).After(Limits.HangSeconds).Seconds.PollEvery(5), "the sweep is through");
        Assert.That((table.Get("one")?.Expires, table.Get("two")?.Expires), Is.EqualTo((renewed, renewed)));
        await service.StopAsync(CancellationToken.None).Soon();
    }

    /// <summary>Lets the service come to its next wait before time goes on.</summary>
    private static async Task Pass(FakeTimeProvider time, TimeSpan span)
    {
        time.Advance(span);
        await Task.Delay(20);
    }
}
