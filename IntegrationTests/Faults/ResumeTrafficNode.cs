using System.Text;
using System.Text.Json;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>A node as a process of its own, so that it can be stopped, killed, and made to hang.</summary>
internal sealed class ResumeTrafficNode : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limits.Hang };

    private readonly GatewayProcess _process;

    private ResumeTrafficNode(GatewayProcess process) => _process = process;

    public Uri External => _process.External;

    public bool Hangs { get; private set; }

    public IEnumerable<string> Log => _process.Output.Concat(_process.Error);

    public IEnumerable<string> Errors =>
        Log.Where(line => line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal));

    public static async Task<ResumeTrafficNode> Start(IReadOnlyDictionary<string, string> settings)
    {
        var process = await GatewayProcess.Start(settings);
        await process.UntilReady();
        return new ResumeTrafficNode(process);
    }

    public async Task Post(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await Http.PostAsync(new Uri(_process.Api, "/v1/messages"), content);
    }

    /// <summary>How many missed messages it has given to clients.</summary>
    public async Task<long> Replayed() =>
        (long)new MetricsPage(await Http.GetStringAsync(new Uri(_process.Api, "/metrics"))).Sum("rig_resumes_messages_total");

    /// <summary>Whether it has read a source topic up to these offsets.</summary>
    public async Task<bool> HasRead(uint epoch, long[] next)
    {
        using var answer = JsonDocument.Parse(await Http.GetStringAsync(new Uri(_process.Api, "/v1/position")));
        var at = TestPosition.Parse(answer.RootElement.GetProperty("id").GetString()!).Places().ToDictionary(place => place.Place, place => place.Next);
        return next.Index().All(place => place.Item <= at.GetValueOrDefault(new ResumePlace(epoch, place.Index)));
    }

    /// <summary>Has it hang, with its connections open; or go on.</summary>
    public void Hang(bool hangs)
    {
        Hangs = hangs;
        if (hangs)
        {
            _process.Pause();
        }
        else
        {
            _process.Resume();
        }
    }

    /// <summary>Ends it: in good order, or not.</summary>
    public async Task End(bool isKilled)
    {
        if (isKilled)
        {
            _process.Kill();
        }
        else
        {
            _process.Terminate();
        }

        await _process.Exit();
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
