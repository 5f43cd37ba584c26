using Confluent.Kafka;
using RigKafka.Log;

namespace RigKafka.Kafka;

/// <summary>What is wrong with Kafka as some clients of this node see it: for the health page, and for the log.</summary>
/// <param name="time">The clock.</param>
/// <param name="troubles">What the log says, for all clients.</param>
/// <param name="subject">The start of each sentence, where it is not about messages.</param>
internal sealed class KafkaHealth(TimeProvider time, KafkaTrouble troubles, string subject = "")
{
    // Without further writes nobody notices that writing works again, so its trouble is forgotten.
    private static readonly TimeSpan WritingTroubleLasts = TimeSpan.FromSeconds(10);

    /// <summary>So long what a connection failed of is the cause of what fails later; the client tries again at least every 10 s.</summary>
    private static readonly TimeSpan CauseLasts = TimeSpan.FromSeconds(30);

    /// <summary>Those who write, among all who may be in trouble. Those who read are this.</summary>
    private readonly object _writer = new();
    private volatile bool _ready;
    private volatile Cause? _cause;
    private volatile string? _reading = "Kafka has not been reached yet.";
    private volatile string? _writing;
    private long _writingSince;

    public LogHealth Now
    {
        get
        {
            var writing = _writing;
            var isRecent = time.GetElapsedTime(Volatile.Read(ref _writingSince)) < WritingTroubleLasts;
            return new LogHealth(_ready, _reading ?? (isRecent ? writing : null));
        }
    }

    private string? RecentCause => _cause is { } cause && time.GetElapsedTime(cause.At) < CauseLasts ? cause.Text : null;

    public void Placed() => _ready = true;

    /// <summary>Keeps the text of an error: it says why a later request fails.</summary>
    public void Noticed(Error error)
    {
        if (error.Code != ErrorCode.Local_AllBrokersDown)
        {
            _cause = new Cause(OneLine(error.Reason), time.GetTimestamp());
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
            var text = line.Message[(line.Message.IndexOf("]: ", StringComparison.Ordinal) is var end and >= 0 ? end + 3 : 0)..];
            _cause = new Cause(OneLine(text), time.GetTimestamp());
        }

        return line.Message;
    }

    public void OutOfReach(Error error)
    {
        var cause = RecentCause ?? OneLine(error.Reason);
        // A broker that is addressed in the wrong protocol closes the connection without an answer.
        var advice = !_ready && cause.Contains("Disconnected: connection closed by peer", StringComparison.Ordinal)
            ? "; is KAFKA_SECURITY_PROTOCOL what this listener of the broker speaks?"
            : "";
        var trouble = $"Kafka is out of reach: {cause}{advice}";
        _reading = subject + trouble;
        // Whose client notices first says nothing.
        troubles.Goes(this, trouble);
    }

    /// <param name="trouble">What is wrong, in words.</param>
    /// <param name="isPassing">Whether it is bound to be over soon, and worth a line in the log only if it is not.</param>
    public void ReadingFails(string trouble, bool isPassing = false)
    {
        _reading = subject + OneLine(trouble);
        troubles.Goes(this, _reading, isPassing: isPassing);
    }

    public void ReadingWorks()
    {
        _cause = null;
        _reading = null;
        troubles.Ends(this);
    }

    public void WritingFails(Error error)
    {
        Volatile.Write(ref _writingSince, time.GetTimestamp());
        // That time has passed says little where a connection is known to have failed.
        var cause = error.Code is ErrorCode.Local_MsgTimedOut or ErrorCode.Local_TimedOut && RecentCause is { } known ? $" ({known})" : "";
        _writing = $"{(subject.Length == 0 ? "Messages are" : subject + "changes are")} not stored: {OneLine(error.Reason)}{cause}";
        troubles.Goes(_writer, _writing, WritingTroubleLasts);
    }

    public void WritingWorks()
    {
        // Asked for each record.
        if (_writing is not null)
        {
            _writing = null;
            troubles.Ends(_writer);
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private sealed record Cause(string Text, long At);
}
