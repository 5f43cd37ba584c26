using System.Collections.Concurrent;
using System.Net.Http.Headers;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Monitoring;

/// <summary>Nodes that something happens to, each in a story of its own: it starts its node, waits until all are watched, and goes on to the end.</summary>
internal abstract class FaultyNodes : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    private readonly ConcurrentDictionary<string, Uri> _watched = new();
    private readonly TaskCompletionSource _begin = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _over = new();
    private IReadOnlyList<Task> _stories = [];

    /// <summary>The nodes that Prometheus has to watch.</summary>
    public IReadOnlyCollection<(string Name, Uri Api)> Watched => [.. _watched.Select(node => (node.Key, node.Value))];

    /// <summary>Has what is to happen begin.</summary>
    public void Begin() => _begin.SetResult();

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _begin.TrySetCanceled();
        try
        {
            await Task.WhenAll(_stories).Soon();
        }
        catch (OperationCanceledException)
        {
            // Not all had begun.
        }
        finally
        {
            await Clean();
            _over.Dispose();
        }
    }

    /// <summary>To be asked while one waits for what is to happen.</summary>
    public void AssertNoneHasFailed() => Assert.That(_stories.Where(story => story.IsFaulted).Select(story => story.Exception), Is.Empty);

    /// <summary>Runs the stories, and waits until their nodes are there.</summary>
    protected async Task Run(int nodes, params IReadOnlyList<Func<Task>> stories)
    {
        _stories = [.. stories.Select(story => Task.Run(story))];
        await Wait.Until(
            () =>
            {
                AssertNoneHasFailed();
                return _watched.Count == nodes;
            },
            "all nodes are there");
    }

    /// <summary>Gives what the stories share back, once they are over.</summary>
    protected abstract Task Clean();

    /// <summary>Says where a node is, and waits until its story may begin.</summary>
    protected Task IsWatched(string name, Uri api)
    {
        Assert.That(_watched.TryAdd(name, api), Is.True);
        return _begin.Task;
    }

    protected Task IsWatched(string name, GatewayNode node) => IsWatched(name, node.Api);

    /// <summary>Does it again and again, until the end.</summary>
    protected async Task Again(Func<Task> what, int everyMs = 300)
    {
        while (!_over.IsCancellationRequested)
        {
            await what();
            await Task.WhenAny(Task.Delay(everyMs), UntilOver());
        }
    }

    protected Task UntilOver()
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _over.Token.UnsafeRegister(_ => over.TrySetResult(), null);
        return over.Task;
    }

    /// <summary>An API of one call, as <c>PROXY_CONFIG_FILE</c> has it.</summary>
    protected static string Api(int port, bool isOpen = true) => $$$$"""
        [{"id":"call","proxy":{"use_env":false,"target_url":"localhost","port":{{{{port}}}}},"auth_type":"jwt","auth":{"use_header":true,"header_name":"Authorization"},
        "version_data":{"default":{"endpoints":[{"id":"call","method":"GET","path":"/call","not_secured":{{{{(isOpen ? "true" : "false")}}}}}]}}}]
        """;

    protected static async Task Call(GatewayNode node)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.External, "/call"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token.Of("alice"));
        using var answer = await Http.SendAsync(request).Soon();
    }

    /// <summary>Publishes a message, whatever the answer is.</summary>
    protected static async Task TryPublish(GatewayNode node, string json = """{"user":"alice"}""")
    {
        using var answer = await node.Post(json);
    }

    /// <summary>Asks for a stream, whatever the answer is.</summary>
    protected static async Task TryListen(GatewayNode node, string query)
    {
        using var connection = await RawConnection.Open(node.External);
        await connection.Ask("GET", $"/socket/sse?{query}");
    }
}
