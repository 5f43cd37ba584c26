using System.Diagnostics;
using System.Net;
using System.Text;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Network;

/// <summary>A stream and a publisher that go on while others do harm.</summary>
internal sealed class HealthyTraffic : IDisposable
{
    private const string User = "healthy";

    /// <summary>How many messages are published after the harm was done.</summary>
    private const int Afterwards = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// How long its connection may be idle on a busy machine before it takes another: less than the shortest keep-alive time-out of a node
    /// in these tests. A node may close an idle connection while a request is on its way, and a POST is not sent again by itself
    /// (RFC 9112, section 9.3.1).
    /// </summary>
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(1);

    private readonly HttpClient _publisher = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = LongestIdle })
    {
        Timeout = Limits.Hang,
    };

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<long> _published = [];
    private readonly SseClient _stream;
    private readonly Task _publishing;

    private HealthyTraffic(SseClient stream, Uri api)
    {
        _stream = stream;
        _publishing = Task.Run(() => Publish(new Uri(api, "/v1/messages")));
    }

    public static async Task<HealthyTraffic> Start(Uri external, Uri api)
    {
        var stream = await SseClient.Open(external, $"users[]={User}&token={Token.Of(User)}");
        await stream.Next("phx_reply");
        var traffic = new HealthyTraffic(stream, api);
        // Its connection is there before the harm: a newcomer's may have to make way.
        await (await Task.WhenAny(traffic._begun.Task, traffic._publishing).Soon());
        return traffic;
    }

    /// <summary>Stops publishing, a little later. Everything has to arrive, in order.</summary>
    public async Task StopUnharmed()
    {
        await _stop.CancelAsync();
        await _publishing.Soon();
        var slowest = TimeSpan.Zero;
        for (var i = 0; i < _published.Count; i++)
        {
            var message = await _stream.Next("message");
            Assert.That(message.Data, Is.EqualTo(Json(i)));
            var took = Stopwatch.GetElapsedTime(_published[i], message.At);
            slowest = took > slowest ? took : slowest;
        }

        await TestContext.Progress.WriteLineAsync($"{_published.Count} messages beside it, the slowest in {slowest.TotalMilliseconds:0} ms.");
        Assert.That(_stream.HasMore, Is.False);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _stream.Dispose();
        _publisher.Dispose();
    }

    private static string Json(int i) => $$"""{"user":"{{User}}","n":{{i}}}""";

    private async Task Publish(Uri messages)
    {
        using var timer = new PeriodicTimer(Pause);
        for (var left = Afterwards; left > 0; left -= _stop.IsCancellationRequested ? 1 : 0)
        {
            _published.Add(Stopwatch.GetTimestamp());
            using var content = new StringContent(Json(_published.Count - 1), Encoding.UTF8, "application/json");
            using var answer = await _publisher.PostAsync(messages, content);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
            _begun.TrySetResult();
            await timer.WaitForNextTickAsync();
        }
    }
}
