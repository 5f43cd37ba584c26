namespace RigKafka.Kafka;

/// <summary>
/// What the log says of trouble with Kafka, for all clients of this node together: one line when it begins, one a minute while it lasts,
/// and one when it is over. A fault that waiting does not mend has a line of its own.
/// </summary>
internal sealed partial class KafkaTrouble(TimeProvider time, ILogger<KafkaTrouble> logger)
{
    /// <summary>So long after a line there is no other, lest trouble that comes and goes fills the log.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Often = TimeSpan.FromMinutes(1);

    /// <summary>Words of Kafka and of its client that tell of a wrong setting or a missing right.</summary>
    private static readonly string[] Faults =
        ["authentication", "authorization", "certificate", "SSL handshake", "SSL_HANDSHAKE", "KAFKA_SECURITY_PROTOCOL"];

    private readonly Lock _lock = new();

    /// <summary>Who is in trouble now, and until when it counts if nobody says it again.</summary>
    private readonly Dictionary<object, long?> _present = [];

    /// <summary>The faults that were said since it began.</summary>
    private readonly HashSet<string> _saidFaults = [];

    /// <summary>When each of the other failures was said.</summary>
    private readonly Dictionary<string, long> _saidFailures = [];

    private long _since = time.GetTimestamp();
    private long? _saidAt;
    private int _minutes;

    /// <summary>Whether it was said that it began; from the start, so that the first contact is said.</summary>
    private bool _isSaid = true;

    /// <summary>Somebody is in trouble, or still is.</summary>
    /// <param name="who">Who.</param>
    /// <param name="trouble">What is wrong, in one line.</param>
    /// <param name="lasts">How long it counts if nobody says it again; null for until it is over.</param>
    public void Goes(object who, string trouble, TimeSpan? lasts = null)
    {
        lock (_lock)
        {
            if (_present.Count == 0)
            {
                Begin();
            }

            _present[who] = lasts is { } span ? time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency) : null;
            Say(trouble);
        }
    }

    /// <summary>Somebody is well, or still is.</summary>
    public void Ends(object who)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _present.Remove(who);
            foreach (var (other, until) in _present)
            {
                if (until < now)
                {
                    _present.Remove(other);
                }
            }

            if (_present.Count == 0 && _isSaid)
            {
                (_isSaid, _saidAt) = (false, now);
                LogWell((long)time.GetElapsedTime(_since, now).TotalSeconds);
            }
        }
    }

    /// <summary>Whether a failure is worth a line of its own: not while there is trouble anyway, and not again and again.</summary>
    public bool Admits(string failure)
    {
        lock (_lock)
        {
            var isSaid = _saidFailures.TryGetValue(failure, out var last) && time.GetElapsedTime(last) < Often;
            if (_present.Count > 0 || isSaid)
            {
                return false;
            }

            if (_saidFailures.Count > 100)
            {
                _saidFailures.Clear();
            }

            _saidFailures[failure] = time.GetTimestamp();
            return true;
        }
    }

    private void Begin()
    {
        _since = time.GetTimestamp();
        _minutes = 0;
        _isSaid = false;
        _saidFaults.Clear();
    }

    private void Say(string trouble)
    {
        var lasted = time.GetElapsedTime(_since);
        var fault = Array.Find(Faults, word => trouble.Contains(word, StringComparison.OrdinalIgnoreCase));
        if (_isSaid ? fault is not null && _saidFaults.Add(fault) : _saidAt is not { } last || time.GetElapsedTime(last) >= Quiet)
        {
            if (fault is not null)
            {
                _saidFaults.Add(fault);
            }

            (_isSaid, _saidAt) = (true, time.GetTimestamp());
            LogTrouble(trouble);
        }
        else if (_isSaid && (int)lasted.TotalMinutes > _minutes)
        {
            _minutes = (int)lasted.TotalMinutes;
            LogLasts((long)lasted.TotalSeconds, trouble);
        }
    }

    [LoggerMessage(1010, LogLevel.Warning, "{Trouble}", EventName = "KafkaTrouble")]
    private partial void LogTrouble(string trouble);

    [LoggerMessage(1011, LogLevel.Information, "Kafka is within reach, after {Seconds} s.", EventName = "KafkaWell")]
    private partial void LogWell(long seconds);

    [LoggerMessage(1012, LogLevel.Warning, "Trouble with Kafka for {Seconds} s: {Trouble}", EventName = "KafkaTroubleLasts")]
    private partial void LogLasts(long seconds, string trouble);
}
