using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>Many real Phoenix clients in one Node process, each on its own user's topic, that keep what they hear; see client/crowd.js.</summary>
internal sealed class PhoenixCrowd : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
    private readonly Process _process;
    private readonly Task _reading;
    private int _size;
    private bool _isOver;

    private PhoenixCrowd(Process process)
    {
        _process = process;
        _reading = Task.Run(Read);
    }

    public static PhoenixCrowd Start(Uri server) => new(PhoenixClient.Run("node", "crowd.js", PhoenixClientTests.Versions[^1], $"http://{server.Authority}"));

    /// <param name="user">A user that nobody else of the crowd is.</param>
    /// <param name="transport"><c>websocket</c>, <c>longpoll</c> or <c>sse</c>.</param>
    /// <param name="token">Its token; null for one that does not end.</param>
    public async Task Open(string user, string transport, string? token = null)
    {
        _size++;
        await Tell(new { @do = "open", user, token = token ?? Token.Of(user), transport });
    }

    /// <summary>Has a client go on over another transport.</summary>
    public Task Move(string user, string transport) => Tell(new { @do = "move", user, transport });

    public Task Renew(string user, string token) => Tell(new { @do = "renew", user, token });

    /// <summary>Whether all are let in now.</summary>
    public async Task<bool> IsIn() => await Ask<InIt>("count") is { IsIn: var joined } && joined == _size;

    /// <summary>What each of them has heard.</summary>
    public async Task<IReadOnlyList<ClientHistory>> Histories() => (await Ask<Report>("report")).Clients;

    /// <summary>All leave.</summary>
    public async Task Leave()
    {
        await Ask<object>("end");
        _size = 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isOver, true))
        {
            return;
        }

        _process.Kill();
        await _process.WaitForExitAsync().Soon();
        await _reading.Soon();
        _process.Dispose();
    }

    private async Task<T> Ask<T>(string what)
    {
        await Tell(new { @do = what });
        return JsonSerializer.Deserialize<T>(await _answers.Reader.ReadAsync().Soon(), Json)!;
    }

    private async Task Tell(object command)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command)).Soon();
        await _process.StandardInput.FlushAsync().Soon();
    }

    private async Task Read()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            // The clients themselves have something to say about answers that are no JSON.
            if (line.StartsWith('{'))
            {
                _answers.Writer.TryWrite(line);
            }
        }

        _answers.Writer.TryComplete();
    }

    private sealed record InIt(int IsIn);

    private sealed record Report(IReadOnlyList<ClientHistory> Clients);
}
