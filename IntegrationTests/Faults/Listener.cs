using System.Text.Json;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>A user's open stream, and the numbers of what was heard on it.</summary>
internal sealed class Listener : IDisposable
{
    private readonly string _user;
    private readonly List<int> _numbers = [];

    private Listener(string user, SseClient stream) => (_user, Stream) = (user, stream);

    public SseClient Stream { get; }

    public Hearing Heard => new(_user, _numbers);

    public static async Task<Listener> Open(Uri external, string user)
    {
        var stream = await SseClient.Open(external, $"users[]={Uri.EscapeDataString(user)}&token={Token.Of(user)}");
        Assert.That((await stream.Next("phx_reply")).Data, Does.Contain("\"status\":\"ok\""));
        return new Listener(user, stream);
    }

    /// <summary>Reads messages up to one.</summary>
    public async Task HearUntil(int number)
    {
        do
        {
            _numbers.Add(NumberOf(await Stream.Next("message")));
        }
        while (_numbers[^1] != number);
    }

    /// <summary>Fails if the stream is not as alive as it was.</summary>
    public async Task HearHeartbeats(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Stream.NextHeartbeat();
        }

        Assert.That(Stream.Ended.IsCompleted, Is.False);
    }

    public void Dispose() => Stream.Dispose();

    private static int NumberOf(SseEvent got)
    {
        using var message = JsonDocument.Parse(got.Data!);
        return message.RootElement.GetProperty("n").GetInt32();
    }
}
