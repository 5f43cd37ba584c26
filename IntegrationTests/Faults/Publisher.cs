using System.Diagnostics;
using System.Net;
using System.Text;
using NUnit.Framework;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>A back-end that publishes a user's messages one after the other, numbered, and repeats one of which it was told that nobody knows.</summary>
internal sealed class Publisher(Uri api, string user, int padding = 0)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    private readonly List<Publication> _published = [];
    private readonly string _padding = new('x', padding);
    private readonly TaskCompletionSource _toldOfTrouble = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string User => user;

    /// <summary>To be looked at while nothing is being published.</summary>
    public IReadOnlyList<Publication> Published => _published;

    /// <summary>Completes with the first answer that is no 202.</summary>
    public Task ToldOfTrouble => _toldOfTrouble.Task;

    /// <summary>The longest that a POST was without an answer.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>The longest from the first POST of a message that was not stored at once to the next 202.</summary>
    public TimeSpan LongestOutage { get; private set; }

    public async Task Run(CancellationToken stop)
    {
        using var pace = new PeriodicTimer(Pace);
        long? outSince = null;
        do
        {
            var since = Stopwatch.GetTimestamp();
            var publication = await PublishNext();
            outSince ??= since;
            if (publication.HasToArrive)
            {
                LongestOutage = TimeSpan.FromTicks(Math.Max(LongestOutage.Ticks, Stopwatch.GetElapsedTime(outSince.Value).Ticks));
                outSince = null;
            }
        }
        while (!stop.IsCancellationRequested && await pace.WaitForNextTickAsync(CancellationToken.None));
    }

    public async Task<Publication> PublishNext()
    {
        var answers = new List<AppendOutcome>();
        do
        {
            answers.Add(await Post(_published.Count));
        }
        while (answers[^1] == AppendOutcome.Unknown);

        var publication = new Publication(user, _published.Count, answers);
        _published.Add(publication);
        return publication;
    }

    /// <summary>Publishes one that is stored, after however many that are not; gives its number.</summary>
    public async Task<int> PublishLast()
    {
        Publication? publication = null;
        await Wait.Until(async () => (publication = await PublishNext()).Answers[^1] == AppendOutcome.Stored, $"a message of {user} is stored");
        return publication!.Number;
    }

    private async Task<AppendOutcome> Post(int number)
    {
        var since = Stopwatch.GetTimestamp();
        using var content = new StringContent($$"""{"user":"{{user}}","n":{{number}},"padding":"{{_padding}}"}""", Encoding.UTF8, "application/json");
        using var answer = await Http.PostAsync(new Uri(api, "/v1/messages"), content);
        var text = await answer.Content.ReadAsStringAsync();
        Slowest = TimeSpan.FromTicks(Math.Max(Slowest.Ticks, Stopwatch.GetElapsedTime(since).Ticks));
        if (answer.StatusCode == HttpStatusCode.Accepted)
        {
            return AppendOutcome.Stored;
        }

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), text);
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
        Assert.That(text, Does.Contain("Not stored: ").Or.Contain("Outcome unknown: "));
        _toldOfTrouble.TrySetResult();
        return text.Contains("Not stored: ", StringComparison.Ordinal) ? AppendOutcome.NotStored : AppendOutcome.Unknown;
    }
}
