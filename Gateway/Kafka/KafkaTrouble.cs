namespace RigKafka.Kafka;

/// <summary>
/// What the log says of trouble with Kafka, for all clients of this node together: of an outage one line when it begins, one a minute while it
/// lasts, and one when it is over. A fault that waiting does not mend has lines of its own, and hides no outage.
/// </summary>
internal sealed partial class KafkaTrouble(TimeProvider time, ILogger<KafkaTrouble> logger)
{
    /// <summary>Trouble that soon follows other, or is bound to pass, is said once it has lasted this long, lest what comes and goes fills the log.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Often = TimeSpan.FromMinutes(1);

    /// <summary>Words of Kafka and of its client that tell of a right that a client has not. It is in contact, then.</summary>
    private const string Unauthorized = "authorization";

    /// <summary>Words of Kafka and of its client that tell of a wrong setting.</summary>
    private static readonly string[] Misconfigured = ["authentication", "certificate", "SSL handshake", "SSL_HANDSHAKE", "KAFKA_SECURITY_PROTOCOL"];

    private readonly Lock _lock = new();

    private readonly Spell _outage = new(time.GetTimestamp());

    /// <summary>What waiting does not mend: a wrong setting is one for all clients, a right that is missing is each client's own.</summary>
    private readonly Dictionary<(object? Who, string What), Spell> _faults = [];

    /// <summary>When each of the other failures was said.</summary>
    private readonly Dictionary<string, long> _saidFailures = [];

    /// <summary>When an outage was last said to begin, or to be over; null until the first contact is said.</summary>
    private long? _saidAt;

    /// <summary>Somebody is in trouble, or still is.</summary>
    /// <param name="who">Who.</param>
    /// <param name="trouble">What is wrong, in one line.</param>
    /// <param name="lasts">How long it counts if nobody says it again; null for until it is over.</param>
    /// <param name="isPassing">Whether it is bound to be over soon.</param>
    public void Goes(object who, string trouble, TimeSpan? lasts = null, bool isPassing = false)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            long? until = lasts is { } span ? now + (long)(span.TotalSeconds * time.TimestampFrequency) : null;
            if (FaultOf(who, trouble) is not { } fault)
            {
                if (_outage.Present.Count == 0)
                {
                    _outage.Begin(now);
                }

                _outage.Present[who] = until;
                SayOutage(trouble, isPassing, now);
                return;
            }

            if (fault.Who is not null)
            {
                LeaveOutage(who, now);
            }

            if (!_faults.TryGetValue(fault, out var spell))
            {
                _faults[fault] = spell = new Spell(now) { Fault = trouble };
                LogTrouble(trouble);
            }

            spell.Present[who] = until;
            SayLasts(spell, trouble, now);
        }
    }

    /// <summary>Somebody is well, or still is.</summary>
    public void Ends(object who)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            LeaveOutage(who, now);
            foreach (var (fault, spell) in _faults)
            {
                spell.Leave(who, now);
                if (spell.Present.Count == 0)
                {
                    _faults.Remove(fault);
                    LogMended((long)time.GetElapsedTime(spell.Since, now).TotalSeconds, spell.Fault);
                }
            }
        }
    }

    /// <summary>Whether a failure is worth a line of its own: not during an outage, and not again and again.</summary>
    public bool Admits(string failure)
    {
        lock (_lock)
        {
            var isSaid = _saidFailures.TryGetValue(failure, out var last) && time.GetElapsedTime(last) < Often;
            if (_outage.Present.Count > 0 || isSaid)
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

    private static (object? Who, string What)? FaultOf(object who, string trouble) =>
        Array.Find(Misconfigured, word => trouble.Contains(word, StringComparison.OrdinalIgnoreCase)) is { } word ? (null, word)
        : trouble.Contains(Unauthorized, StringComparison.OrdinalIgnoreCase) ? (who, Unauthorized)
        : null;

    private void LeaveOutage(object who, long now)
    {
        _outage.Leave(who, now);
        if (_outage.Present.Count == 0 && (_outage.IsSaid || _saidAt is null))
        {
            (_outage.IsSaid, _saidAt) = (false, now);
            LogWell((long)time.GetElapsedTime(_outage.Since, now).TotalSeconds);
        }
    }

    private void SayOutage(string trouble, bool isPassing, long now)
    {
        if (_outage.IsSaid)
        {
            SayLasts(_outage, trouble, now);
        }
        else if (time.GetElapsedTime(_outage.Since, now) >= Lasting || !(isPassing || IsSaidRecently(now)))
        {
            (_outage.IsSaid, _saidAt) = (true, now);
            LogTrouble(trouble);
        }
    }

    private bool IsSaidRecently(long now) => _saidAt is { } last && time.GetElapsedTime(last, now) < Often;

    private void SayLasts(Spell spell, string trouble, long now)
    {
        var lasted = time.GetElapsedTime(spell.Since, now);
        if ((int)lasted.TotalMinutes > spell.Minutes)
        {
            spell.Minutes = (int)lasted.TotalMinutes;
            LogLasts((long)lasted.TotalSeconds, trouble);
        }
    }

    [LoggerMessage(1010, LogLevel.Warning, "{Trouble}", EventName = "KafkaTrouble")]
    private partial void LogTrouble(string trouble);

    [LoggerMessage(1011, LogLevel.Information, "Kafka is within reach, after {Seconds} s.", EventName = "KafkaWell")]
    private partial void LogWell(long seconds);

    [LoggerMessage(1012, LogLevel.Warning, "Trouble with Kafka for {Seconds} s: {Trouble}", EventName = "KafkaTroubleLasts")]
    private partial void LogLasts(long seconds, string trouble);

    [LoggerMessage(1013, LogLevel.Information, "Mended, after {Seconds} s: {Trouble}", EventName = "KafkaFaultMended")]
    private partial void LogMended(long seconds, string trouble);

    /// <summary>Trouble from the first who has it to the last.</summary>
    private sealed class Spell(long since)
    {
        /// <summary>Who has it, and until when it counts if nobody says it again.</summary>
        public Dictionary<object, long?> Present { get; } = [];

        public long Since { get; private set; } = since;

        public bool IsSaid { get; set; }

        /// <summary>For how many minutes it was said to last.</summary>
        public int Minutes { get; set; }

        /// <summary>What was said when it began, of a fault.</summary>
        public string Fault { get; init; } = "";

        public void Begin(long now) => (Since, IsSaid, Minutes) = (now, false, 0);

        public void Leave(object who, long now)
        {
            Present.Remove(who);
            foreach (var (other, until) in Present)
            {
                if (until < now)
                {
                    Present.Remove(other);
                }
            }
        }
    }
}
