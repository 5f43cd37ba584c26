using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Nodes;

/// <summary>The program itself, as an operator starts it: arguments, environment, signals, exit code.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private static readonly Dictionary<string, string> FreePorts = new() { ["INBOUND_PORT"] = "0", ["API_PORT"] = "0", ["LISTEN_ADDRESS"] = "127.0.0.1" };

    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _error = new();
    private readonly Process _process;
    private readonly Task _outputEnds;
    private readonly Task _errorEnds;
    private bool _isOver;
    private volatile TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GatewayProcess(Process process)
    {
        _process = process;
        _outputEnds = Keep(process.StandardOutput, _output);
        _errorEnds = Keep(process.StandardError, _error);
    }

    public IReadOnlyCollection<string> Output => _output;

    public IReadOnlyCollection<string> Error => _error;

    public Uri External { get; private set; } = null!;

    public Uri Api { get; private set; } = null!;

    /// <summary>The number that the operating system knows it by.</summary>
    public int Id => _process.Id;

    public static GatewayProcess Run(IReadOnlyDictionary<string, string> settings, params string[] arguments) => RunIn("", null, settings, arguments);

    /// <param name="folder">The working directory; that of the tests if it is empty.</param>
    /// <param name="files">How many files it may open; null for as many as the tests may.</param>
    /// <param name="settings">The environment, beyond that of the tests.</param>
    /// <param name="arguments">What comes after the program's name.</param>
    public static GatewayProcess RunIn(string folder, int? files, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Gateway.dll");
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        // Without the pipes that it inherits: the tests' own Kafka clients do not close them for children, and some have higher numbers than the limit.
        const string CloseInherited = "for file in /proc/self/fd/*; do number=${file##*/}; if (( number > 2 )); then exec {number}>&-; fi; done";
        string[] command = files is null ? [host] : ["/bin/bash", "-c", $"{CloseInherited}; ulimit -n {files}; exec \"$0\" \"$@\"", host];
        var start = new ProcessStartInfo(command[0], [.. command[1..], program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return new GatewayProcess(Process.Start(start)!);
    }

    /// <summary>Starts a gateway, on free ports unless it is told others, and waits until it says where it listens.</summary>
    public static async Task<GatewayProcess> Start(IReadOnlyDictionary<string, string> settings, string folder = "", int? files = null)
    {
        var gateway = RunIn(folder, files, new Dictionary<string, string>(FreePorts.Concat(settings).GroupBy(setting => setting.Key).Select(group => group.Last())));
        try
        {
            var listening = Listening().Match(await gateway.Line("Listening:"));
            (gateway.External, gateway.Api) = (new Uri(listening.Groups["external"].Value), new Uri(listening.Groups["api"].Value));
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    public async Task UntilReady()
    {
        using var http = new HttpClient();
        await Wait.Until(async () => (await http.GetAsync(new Uri(Api, "/health/ready")).Soon()).IsSuccessStatusCode, "the node is ready");
    }

    /// <summary>The processor time that it has taken so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>How much memory of the machine it has.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>How many threads it has.</summary>
    public int Threads => Directory.GetFileSystemEntries($"/proc/{_process.Id}/task").Length;

    /// <summary>How many files it has open.</summary>
    public int Files => Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length;

    /// <summary>Where it listens for TLS, if it was given a certificate.</summary>
    public async Task<(Uri External, Uri Api)> Tls()
    {
        var addresses = HttpsAddress().Matches(await Line("Listening with TLS:")).Select(match => new Uri(match.Value)).ToArray();
        Assert.That(addresses, Has.Length.EqualTo(2));
        return (addresses[0], addresses[1]);
    }

    /// <summary>The first line of output that contains a text, as soon as there is one.</summary>
    public Task<string> Line(string text) => Find(text).Soon();

    public void Terminate() => Signal(SigTerm);

    /// <summary>Ends it without a chance to say goodbye.</summary>
    public void Kill() => Signal(SigKill);

    /// <summary>Has it hang with its connections open.</summary>
    public void Pause() => Signal(SigStop);

    public void Resume() => Signal(SigCont);

    /// <summary>Waits for the end and gives the exit code; all output has been read then.</summary>
    public async Task<int> Exit()
    {
        await _process.WaitForExitAsync().Soon();
        await Task.WhenAll(_outputEnds, _errorEnds).Soon();
        return _process.ExitCode;
    }

    /// <summary>May be called again, where a test ends while nodes come and go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isOver, true))
        {
            return;
        }

        _process.Kill();
        await _process.WaitForExitAsync().Soon();
        _process.Dispose();
    }

    private async Task<string> Find(string text)
    {
        while (true)
        {
            var more = _more;
            if (_output.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
            {
                return found;
            }

            Assert.That(_outputEnds.IsCompleted, Is.False, () => $"It ended and never said \"{text}\":\n{string.Join('\n', _output)}\n{string.Join('\n', _error)}");
            await Task.WhenAny(more.Task, _outputEnds);
        }
    }

    private void Signal(int signal) => Assert.That(Kill(_process.Id, signal), Is.Zero);

    private async Task Keep(StreamReader reader, ConcurrentQueue<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Enqueue(line);
            var more = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            more.TrySetResult();
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int process, int signal);

    [GeneratedRegex(@"https://[^:]+:\d+/")]
    private static partial Regex HttpsAddress();

    [GeneratedRegex(@"clients at (?<external>http://[^,]+), .* at (?<api>http://\S+?)\.?$")]
    private static partial Regex Listening();
}
