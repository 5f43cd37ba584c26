using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Phoenix;

/// <summary>A real Phoenix client of some version, in a Node process of its own; see client/client.js.</summary>
internal sealed class PhoenixClient : IAsyncDisposable
{
    private readonly Channel<JsonElement> _noticed = Channel.CreateUnbounded<JsonElement>();
    private readonly List<string> _lines = [];
    private readonly Process _process;
    private readonly Task _reading;

    private PhoenixClient(Process process)
    {
        _process = process;
        _reading = Task.Run(Read);
    }

    public static string Folder => Path.Combine(RepositoryFiles.Root, "IntegrationTests", "Phoenix", "client");

    public static PhoenixClient Start(string version, string transport, Uri server, string token, int heartbeatMs = 30_000, bool outOfTheAddress = false) =>
        new(Run("node", ["client.js", version, transport, $"ws://{server.Authority}/socket", token, $"{heartbeatMs}", .. outOfTheAddress ? ["authToken"] : Array.Empty<string>()]));

    /// <summary>Starts a program in the client's folder.</summary>
    public static Process Run(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        WorkingDirectory = Folder,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    public Task Join(string topic) => Do(new { @do = "join", topic });

    /// <summary>Joins a topic with ids, and goes on from the last one whenever it joins again.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="since">From where it goes on the first time; empty for from now.</param>
    public Task Join(string topic, string since) => Do(new { @do = "join", topic, since });

    public Task Renew(string topic, string token) => Do(new { @do = "renew", topic, token });

    public Task Leave(string topic) => Do(new { @do = "leave", topic });

    /// <summary>The next time that it notices something of these kinds; what it notices in between is passed over.</summary>
    public async Task<JsonElement> Notices(params string[] what)
    {
        try
        {
            // One limit for all of it: a client that tries again for ever notices something all the time.
            using var limit = new CancellationTokenSource(Limits.Hang);
            while (true)
            {
                var noticed = await _noticed.Reader.ReadAsync(limit.Token).AsTask().Soon();
                var kind = noticed.GetProperty("what").GetString()!;
                if (what.Contains(kind))
                {
                    return noticed;
                }

                Assert.That(kind, Is.Not.EqualTo("thrown"), noticed.GetRawText());
            }
        }
        catch (Exception exception) when (exception is TimeoutException or ChannelClosedException or OperationCanceledException)
        {
            lock (_lines)
            {
                throw new TimeoutException($"The client did not notice \"{string.Join(" or ", what)}\". It noticed:\n{string.Join('\n', _lines)}");
            }
        }
    }

    public bool HasNoticed(string what) => Times(what) > 0;

    /// <summary>How often it has noticed something of this kind.</summary>
    public int Times(string what)
    {
        lock (_lines)
        {
            return _lines.Count(line => line.Contains($"\"what\":\"{what}\"", StringComparison.Ordinal));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Soon();
        await _reading.Soon();
        _process.Dispose();
    }

    private async Task Do(object command)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command)).Soon();
        await _process.StandardInput.FlushAsync().Soon();
    }

    private async Task Read()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }

            if (line.StartsWith('{'))
            {
                using var document = JsonDocument.Parse(line);
                _noticed.Writer.TryWrite(document.RootElement.Clone());
            }
        }

        _noticed.Writer.TryComplete();
    }
}
