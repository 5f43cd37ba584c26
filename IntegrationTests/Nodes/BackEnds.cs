using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>Back-ends that POST numbered messages at a steady rate, each for a random one of some users.</summary>
/// <param name="api">Where.</param>
/// <param name="users">For whom.</param>
/// <param name="perSecond">How many messages a second, in all.</param>
internal sealed class BackEnds(Uri api, string[] users, int perSecond)
{
    private const int Publishers = 4;

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    private readonly int[] _published = new int[users.Length];
    private readonly ConcurrentQueue<(string User, int Number)> _accepted = new();
    private readonly ConcurrentDictionary<string, int> _refusals = new();

    /// <summary>How many messages each user was sent, also those that were not answered 202.</summary>
    public IReadOnlyList<int> Published => _published;

    /// <summary>Those that were answered 202.</summary>
    public IReadOnlyCollection<(string User, int Number)> Accepted => _accepted;

    /// <summary>What was answered instead of 202, and how often.</summary>
    public IReadOnlyDictionary<string, int> Refusals => _refusals;

    /// <summary>Publishes until it is told to stop.</summary>
    public Task Run(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(() => Publish(publisher, stop), CancellationToken.None)));

    /// <summary>Sends each user one more message, which nothing comes after. It is sent again until it is answered 202.</summary>
    public Task PublishLast() => Parallel.ForAsync(0, users.Length, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
    {
        var number = _published[i]++;
        await Wait.Until(async () => await Post($$"""{"user":"{{users[i]}}","n":{{number}}}""") is null, "the last message is accepted");
        _accepted.Enqueue((users[i], number));
    });

    /// <summary>Each publisher has its own part of the users, so that the messages of a user are in order.</summary>
    private async Task Publish(int publisher, CancellationToken stop)
    {
        var random = new Random(publisher);
        var began = Stopwatch.GetTimestamp();
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var due = TimeSpan.FromSeconds((double)n * Publishers / perSecond) - Stopwatch.GetElapsedTime(began);
            await Task.Delay(due > TimeSpan.Zero ? due : TimeSpan.Zero, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var i = (random.Next(users.Length / Publishers) * Publishers) + publisher;
            var number = _published[i]++;
            if (await Post($$"""{"user":"{{users[i]}}","n":{{number}}}""") is { } refusal)
            {
                _refusals.AddOrUpdate(refusal, 1, (_, times) => times + 1);
            }
            else
            {
                _accepted.Enqueue((users[i], number));
            }
        }
    }

    private async Task<string?> Post(string message)
    {
        try
        {
            using var content = new StringContent(message, Encoding.UTF8, "application/json");
            using var answer = await Http.PostAsync(new Uri(api, "/v1/messages"), content, CancellationToken.None);
            return answer.StatusCode == HttpStatusCode.Accepted ? null : $"{(int)answer.StatusCode}";
        }
        catch (HttpRequestException failure)
        {
            return failure.Message;
        }
    }
}
