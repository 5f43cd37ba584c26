using NUnit.Framework;

namespace RigKafka.IntegrationTests.Sse;

/// <summary>What a stream says while nothing is sent. One node serves all tests; each has users of its own.</summary>
internal sealed class SseHeartbeatTests : SseFixture
{
    [Test]
    public async Task Heartbeats_GoOn_WhateverElseIsSent()
    {
        using var stream = await Node.Listen(Me);
        await stream.NextHeartbeat();
        using var stop = new CancellationTokenSource();
        var traffic = Publish();
        SseEvent last = null!;
        for (var i = 0; i < 5; i++)
        {
            last = await stream.NextHeartbeat();
        }

        await stop.CancelAsync();
        await traffic.Soon();
        Assert.That(last.Data, Is.Null);

        async Task Publish()
        {
            while (!stop.IsCancellationRequested)
            {
                await Node.Publish($$"""{"user":"{{Me}}"}""");
                await stream.Next("message");
            }
        }
    }

    [Test]
    public async Task Heartbeats_MoveTheId_OfAClientThatHearsNothing()
    {
        using var quiet = await Node.Listen(Me);
        using var other = await Node.Listen($"other-{Me}");
        var before = Offset(await quiet.NextHeartbeat());

        await Node.Publish($$"""{"user":"other-{{Me}}"}""");
        var message = Offset(await other.Next("message"));
        var after = await quiet.NextHeartbeat();
        while (Offset(after) < message)
        {
            after = await quiet.NextHeartbeat();
        }

        Assert.That(message, Is.EqualTo(before + 1));
        Assert.That(quiet.HasMore, Is.False);
    }

    /// <summary>H1: some clients overlook an id without data, and would come back with the id of the last message that was for them.</summary>
    [Test]
    public async Task EveryThirdHeartbeat_IsFollowedByThePosition_WithData()
    {
        using var quiet = await Node.Listen(Me);
        SseEvent[] positions = [await quiet.NextPosition(), await quiet.NextPosition(), await quiet.NextPosition()];
        var beats = new List<SseEvent>();
        while (beats.Count == 0 || beats[^1].At < positions[^1].At)
        {
            beats.Add(await quiet.NextHeartbeat());
        }

        Assert.That(positions.Select(position => position.Data), Is.All.EqualTo("{}"));
        var before = positions.Select(position => beats.FindLastIndex(beat => beat.At <= position.At)).ToList();
        Assert.That(before[0], Is.InRange(0, 2));
        Assert.That(before, Is.EqualTo([before[0], before[0] + 3, before[0] + 6]));
        Assert.That(positions.Select(position => position.Id), Is.EqualTo(before.Select(beat => beats[beat].Id)));
    }
}
