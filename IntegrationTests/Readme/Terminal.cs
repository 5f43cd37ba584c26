using System.Diagnostics;
using System.Threading.Channels;
using NUnit.Framework;

namespace RigKafka.IntegrationTests.Readme;

/// <summary>A terminal in which commands run as a user would type them, in the root of the repository. What still runs in it ends with it.</summary>
internal sealed class Terminal : IAsyncDisposable
{

    /// <summary>What the make that runs the tests leaves behind; a user's terminal has none of it.</summary>
    private static readonly string[] OfMake = ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"];

    private readonly Process _bash;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _shown = [];
    private int _open = 2;

    public Terminal(string commands, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("bash", ["-c", commands])
        {
            WorkingDirectory = RepositoryFiles.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Array.ForEach(OfMake, name => start.Environment.Remove(name));
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _bash = Process.Start(start)!;
        _bash.StandardInput.Close();
        _bash.OutputDataReceived += (_, line) => Keep(line.Data);
        _bash.ErrorDataReceived += (_, line) => Keep(line.Data);
        _bash.BeginOutputReadLine();
        _bash.BeginErrorReadLine();
    }

    /// <summary>Waits until a line is shown that holds a text.</summary>
    public async Task Shows(string text, TimeSpan within)
    {
        while (await NextLine(within, text) is { } line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"The command ended and never showed: {text}\nIt showed:\n{Shown()}");
    }

    /// <summary>Waits until the commands have ended, and returns what they showed.</summary>
    public async Task<string> Ends(TimeSpan within)
    {
        while (await NextLine(within, "its end") is not null)
        {
        }

        return Shown();
    }

    public async ValueTask DisposeAsync()
    {
        _bash.Kill(entireProcessTree: true);
        await _bash.WaitForExitAsync().Soon();
        _bash.Dispose();
    }

    /// <summary>Null at the end.</summary>
    private async Task<string?> NextLine(TimeSpan within, string awaited)
    {
        try
        {
            if (!await _lines.Reader.WaitToReadAsync().AsTask().WaitAsync(within))
            {
                return null;
            }
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Waited {within.TotalSeconds} s in vain for: {awaited}\nThe command showed:\n{Shown()}");
        }

        _lines.Reader.TryRead(out var line);
        _shown.Add(line!);
        return line;
    }

    private string Shown() => string.Join('\n', _shown);

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Writer.TryWrite(line);
        }
        else if (Interlocked.Decrement(ref _open) == 0)
        {
            _lines.Writer.Complete();
        }
    }
}
