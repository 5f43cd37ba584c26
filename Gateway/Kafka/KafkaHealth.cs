using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>What is wrong with Kafka as this node sees it: for the health page, and now and then for the console.</summary>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
/// <param name="subject">The start of each sentence, where it is not about messages.</param>
internal sealed partial class KafkaHealth(TimeProvider time, ILogger<KafkaHealth> logger, string subject = "")
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    // Without further writes nobody notices that writing works again, so its trouble is forgotten.
    private static readonly TimeSpan WritingTroubleLasts = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private volatile bool _ready;
    private volatile string? _cause;
    private volatile string? _reading = "Kafka has not been reached yet.";
    private volatile string? _writing;
    private long _writingSince;
    private long? _loggedAt;
    // True from the start, so that the first contact is logged.
    private volatile bool _isTroubleSaid = true;

    public LogHealth Now
    {
        get
        {
            var writing = _writing;
            var isRecent = time.GetElapsedTime(Volatile.Read(ref _writingSince)) < WritingTroubleLasts;
            return new LogHealth(_ready, _reading ?? (isRecent ? writing : null));
        }
    }

    public void Placed() => _ready = true;

    /// <summary>Keeps the text of an error: it says why a later request fails.</summary>
    public void Noticed(Error error)
    {
        if (error.Code != ErrorCode.Local_AllBrokersDown)
        {
            _cause = OneLine(error.Reason);
        }
    }

    /// <summary>Takes an error of a client that reads; returns whether Kafka is out of reach.</summary>
    public bool NoticedByReader(Error error)
    {
        Noticed(error);
        if (error.Code is not (ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Authentication))
        {
            return false;
        }

        OutOfReach(error);
        return true;
    }

    /// <summary>
    /// Keeps why a connection failed: different protocols of the two sides show only in the client's log. Returns the text of the line.
    /// </summary>
    public string Noticed(LogMessage line)
    {
        if (line.Facility == "FAIL")
        {
            // The line starts with the name of a thread in brackets.
            _cause = OneLine(line.Message[(line.Message.IndexOf("]: ", StringComparison.Ordinal) is var end and >= 0 ? end + 3 : 0)..]);
        }

        return line.Message;
    }

    public void OutOfReach(Error error)
    {
        var cause = _cause ?? OneLine(error.Reason);
        // A broker that is addressed in the wrong protocol closes the connection without an answer.
        var advice = !_ready && cause.Contains("Disconnected: connection closed by peer", StringComparison.Ordinal)
            ? "; is KAFKA_SECURITY_PROTOCOL what this listener of the broker speaks?"
            : "";
        ReadingFails($"Kafka is out of reach: {cause}{advice}");
    }

    public void ReadingFails(string trouble)
    {
        _reading = subject + trouble;
        _isTroubleSaid |= Say(_reading);
    }

    public void ReadingWorks()
    {
        _cause = null;
        if (_reading is null)
        {
            return;
        }

        _reading = null;
        // Only where the trouble was logged, or trouble that comes and goes would fill the log.
        if (_isTroubleSaid)
        {
            _isTroubleSaid = false;
            LogWell(subject);
        }
    }

    public void WritingFails(Error error)
    {
        Volatile.Write(ref _writingSince, time.GetTimestamp());
        _writing = $"{(subject.Length == 0 ? "Messages are" : subject + "changes are")} not stored: {OneLine(error.Reason)}";
        Say(_writing);
    }

    public void WritingWorks()
    {
        if (_writing is not null)
        {
            _writing = null;
        }
    }

    private bool Say(string trouble)
    {
        lock (_lock)
        {
            if (_loggedAt is { } last && time.GetElapsedTime(last) < Quiet)
            {
                return false;
            }

            _loggedAt = time.GetTimestamp();
        }

        LogTrouble(trouble);
        return true;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    [LoggerMessage(1010, LogLevel.Warning, "{Trouble}", EventName = "KafkaTrouble")]
    private partial void LogTrouble(string trouble);

    [LoggerMessage(1011, LogLevel.Information, "{Subject}Kafka is within reach.", EventName = "KafkaWell")]
    private partial void LogWell(string subject);
}
