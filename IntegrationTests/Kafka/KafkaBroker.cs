using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>One broker process, which can be killed and started again on its ports and data.</summary>
/// <param name="home">The distribution.</param>
/// <param name="properties">The file with its properties.</param>
/// <param name="host">Its address for clients.</param>
/// <param name="javaOptions">Further ones of the virtual machine that it runs in.</param>
internal sealed class KafkaBroker(string home, string properties, string host, string javaOptions)
{
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;

    public string Host => host;

    /// <summary>The last lines that it wrote.</summary>
    public string Output => string.Join('\n', _output);

    /// <param name="clusterId">The cluster it is to be a member of.</param>
    /// <param name="options">Further ones of <c>kafka-storage.sh format</c>.</param>
    public async Task Format(string clusterId, IReadOnlyList<string> options)
    {
        using var process = Run("kafka-storage.sh", "", ["format", "-t", clusterId, "-c", properties, .. options]);
        await process.WaitForExitAsync().Soon();
        Assert.That(process.ExitCode, Is.Zero, () => Output);
    }

    /// <summary>Starts it, for the first time or again; it takes a while to be up.</summary>
    public void Start() => _process = Run("kafka-server-start.sh", javaOptions, properties);

    /// <summary>Ends it as an operator does (SIGTERM).</summary>
    public async Task Stop()
    {
        await Signal("TERM");
        await _process!.WaitForExitAsync().Soon();
    }

    /// <summary>Ends it without a chance to say goodbye (SIGKILL).</summary>
    public async Task Kill()
    {
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        process.Kill();
        await process.WaitForExitAsync().Soon();
        process.Dispose();
    }

    /// <summary>Has it hang with its connections open (SIGSTOP).</summary>
    public Task Pause() => Signal("STOP");

    public Task Resume() => Signal("CONT");

    /// <summary>
    /// Has its disk take no more: a write beyond this many bytes of a file fails, as it does when there is no space left. It needs no right to
    /// mount a small disk, and ends with the process.
    /// </summary>
    public void FillDiskAt(long bytes)
    {
        var limit = new FileSizeLimit((ulong)bytes, ulong.MaxValue);
        Assert.That(SetLimit(_process!.Id, FileSizeLimit.Resource, in limit, 0), Is.Zero, () => $"prlimit: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>
    /// Takes what stands from an offset on off a partition, as an unclean election or a disk restored from a copy does. For a broker that was killed.
    /// </summary>
    public void Cut(string topic, int partition, long offset)
    {
        const string Directories = "log.dirs=";
        const int BeforeLength = sizeof(long);
        const int BeforeBatch = BeforeLength + sizeof(int);
        var data = File.ReadLines(properties).Single(line => line.StartsWith(Directories, StringComparison.Ordinal))[Directories.Length..];
        var folder = Path.Combine(data, $"{topic}-{partition}");
        foreach (var derived in Directory.EnumerateFiles(folder, "*.*index").Concat(Directory.EnumerateFiles(folder, "*.snapshot")))
        {
            File.Delete(derived);
        }

        var log = Directory.EnumerateFiles(folder, "*.log").Single();
        var bytes = File.ReadAllBytes(log);
        var end = 0;
        while (end < bytes.Length && BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(end)) < offset)
        {
            end += BeforeBatch + BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(end + BeforeLength));
        }

        File.WriteAllBytes(log, bytes[..end]);
    }

    private async Task Signal(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, $"{_process!.Id}"]);
        await kill.WaitForExitAsync().Soon();
    }

    private Process Run(string tool, string options, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(home, "bin", tool), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KAFKA_HEAP_OPTS"] = "-Xms128m -Xmx384m";
        // It lives for seconds: what counts is how soon it is up.
        start.Environment["KAFKA_JVM_PERFORMANCE_OPTS"] = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1";
        start.Environment["KAFKA_OPTS"] = options;
        start.Environment["LOG_DIR"] = Path.GetDirectoryName(properties);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
        }

        while (_output.Count > 40)
        {
            _output.TryDequeue(out _);
        }
    }

    [DllImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SetLimit(int process, int resource, in FileSizeLimit limit, nint before);
}
