using System.Diagnostics;
using RigKafka.Connections;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Delivery;

/// <summary>A reader of the log found no message in a partition, from one position up to another.</summary>
internal delegate void EmptyRange(int sourceTopicIndex, int partition, Position from, Position to);

/// <summary>Reads the log once more for all clients of a pass, and says what that cost.</summary>
internal sealed partial class RewindReader(
    IMessageLog log, MessageOptions messages, ConnectionOptions connections, GatewayMetrics metrics, ILogger<RewindReader> logger)
{
    /// <summary>Nobody was left to read for.</summary>
    private const string Left = "left";

    private const string Failed = "failed";

    /// <summary>Hears where there are no messages, so that nobody has to look there again.</summary>
    public EmptyRange? OnEmpty { get; set; }

    /// <summary>Completes when every client has its answer. Reads on as long as one of them waits.</summary>
    public async Task Read(IReadOnlyList<WaitingRewind> clients)
    {
        var pass = new RewindPass(clients, messages, connections.OutboxMaxBytes - FanOut.Frame);
        var stop = new CancellationTokenSource();
        _ = Task.WhenAll(clients.Select(client => client.Answered))
            .ContinueWith(_ => stop.Cancel(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            var gap = await Read(pass, stop.Token);
            if (gap is null)
            {
                SayWhereNothingIs(pass);
            }

            foreach (var client in clients)
            {
                client.Answer(gap);
            }
        }
        catch (Exception failure)
        {
            foreach (var client in clients)
            {
                client.Fail(failure);
            }
        }
    }

    private async Task<string?> Read(RewindPass pass, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        var outcome = Failed;
        try
        {
            var gap = await log.ReadAgain(pass.From, pass.To, pass.OnRecord, stop);
            outcome = gap ?? "complete";
            return gap;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return outcome = Left;
        }
        finally
        {
            var took = Stopwatch.GetElapsedTime(started);
            metrics.Rewound(pass.Records, took.TotalSeconds);
            // While the log is out of reach clients come back again and again.
            LogRewound(outcome == IMessageLog.Busy ? LogLevel.Debug : LogLevel.Information, pass.Records, pass.Clients.Count, (long)took.TotalMilliseconds, outcome);
        }
    }

    private void SayWhereNothingIs(RewindPass pass)
    {
        foreach (var (index, partition) in pass.WithoutMessages())
        {
            OnEmpty?.Invoke(index, partition, pass.MessagesFrom, pass.To);
        }
    }

    [LoggerMessage(EventId = 1530, EventName = "Rewound",
        Message = "Read {Records} records of the log once more for {Clients} clients that came back, in {Milliseconds} ms: {Outcome}.")]
    private partial void LogRewound(LogLevel level, long records, int clients, long milliseconds, string outcome);
}
