using System.Runtime.InteropServices;

namespace RigKafka.Delivery;

/// <summary>
/// How the node was told to stop, beside the host, which begins to stop at the first signal: a person at the keyboard (SIGINT) does not want
/// to wait for what is stretched, and who sends a second signal for the log neither.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _hurry = new();
    private readonly CancellationTokenSource _now = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Take(isAPerson: false)),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Take(isAPerson: true)),
    ];

    /// <summary>Cancelled when nothing is to be stretched: streams end at once.</summary>
    public CancellationToken Hurry => _hurry.Token;

    /// <summary>Cancelled when the log is not waited for either.</summary>
    public CancellationToken Now => _now.Token;

    /// <summary>A signal came.</summary>
    /// <param name="isAPerson">Whether somebody pressed Ctrl-C.</param>
    public void Take(bool isAPerson)
    {
        var isFirst = Interlocked.Increment(ref _signals) == 1;
        if (isAPerson || !isFirst)
        {
            _hurry.Cancel();
        }

        if (!isFirst)
        {
            _now.Cancel();
        }
    }

    public void Dispose()
    {
        Array.ForEach(_registrations, registration => registration.Dispose());
        _hurry.Dispose();
        _now.Dispose();
    }
}
