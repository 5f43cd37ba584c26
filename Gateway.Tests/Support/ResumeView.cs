using System.Text;
using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Tests.Support;

/// <summary>Whether a gap may be told for another reason than that the log has lost something.</summary>
/// <param name="reason">The reason that it names.</param>
/// <param name="missed">The messages of the client's users that it covers.</param>
/// <param name="records">How many offsets it covers.</param>
internal delegate bool JustifiedGap(string reason, IReadOnlyCollection<WrittenMessage> missed, long records);

/// <summary>
/// One client, or one channel of it, as it should be: is told all that it is given, over however many connections, and finds what is wrong
/// with that. After every event it knows how far the client has been given everything; each id is compared with it.
/// </summary>
/// <param name="name">What the faults call it.</param>
/// <param name="truth">What there is.</param>
/// <param name="users">The users whose messages it wants.</param>
/// <param name="isJustified">Which gaps may be told beside those that the truth explains; null for none.</param>
internal sealed class ResumeView(string name, ResumeTruth truth, IReadOnlySet<string> users, JustifiedGap? isJustified = null)
{
    /// <summary>What a frame may have beside its message, and what it costs to keep.</summary>
    public const int FrameBytes = 400;

    private readonly List<ResumeFault> _faults = [];
    private readonly List<string> _ids = [];
    private readonly HashSet<long> _given = [];
    private readonly Dictionary<string, int> _gaps = [];
    private readonly ResumeStanding _standing = new(truth, users);
    private string? _since;
    private bool _isUnreadable;
    private bool _hasMessages;

    public IReadOnlyList<ResumeFault> Faults => _faults;

    /// <summary>The ids of this connection, oldest first: the client may stop after any of them.</summary>
    public IReadOnlyList<string> Ids => _ids;

    public IReadOnlySet<string> Users => users;

    public int Delivered { get; private set; }

    /// <summary>How many gaps there were, by reason.</summary>
    public IReadOnlyDictionary<string, int> Gaps => _gaps;

    /// <summary>The client comes anew, with an id that it was given before, or without; or with one that nobody gave it.</summary>
    public void ComeBack(string? id)
    {
        _ids.Clear();
        _hasMessages = false;
        _since = id;
        var isReadable = Position.TryParse(Encoding.ASCII.GetBytes(id ?? ""), out var position) && position.SourceTopicCount > 0;
        _isUnreadable = !isReadable && !string.IsNullOrEmpty(id);
        if (!isReadable)
        {
            _standing.Forget();
            _given.Clear();
            return;
        }

        _standing.Take(position!, isAnew: true);
        ForgetWhatIsAhead();
    }

    /// <summary>The reply to the join.</summary>
    public void Reply(string? id)
    {
        if (_isUnreadable)
        {
            // It says nothing, so that a client that goes away before the gap is told when it comes back.
            if (!string.IsNullOrEmpty(id) && id != _since)
            {
                Fault(ResumeFaultKind.IdSaysMore, $"the reply has {id} in place of {_since}, which says nothing");
            }

            return;
        }

        if (string.IsNullOrEmpty(_since))
        {
            _standing.Take(TestPosition.Parse(id!), isAnew: true);
        }
        else if (id != _since)
        {
            Fault(ResumeFaultKind.IdSaysMore, $"the reply has {id} in place of {_since}");
        }

        _ids.Add(id!);
    }

    /// <summary>A message, with its text.</summary>
    public void Message(string id, string json)
    {
        using var message = JsonDocument.Parse(json);
        Message(id, message.RootElement.GetProperty("n").GetInt64());
    }

    public void Message(string id, long number)
    {
        Delivered++;
        _hasMessages = true;
        if (truth.Find(number) is not { } message || !users.Contains(message.User))
        {
            Fault(ResumeFaultKind.OfOthers, $"{number}: {truth.Find(number)}");
            return;
        }

        if (!_standing.Knows(message.Place.Epoch))
        {
            Fault(ResumeFaultKind.Lost, $"{message} is of a topic that it was not told of");
        }

        if (!_given.Add(number))
        {
            Fault(ResumeFaultKind.Twice, $"{message}");
        }
        else if (message.Offset < _standing.At(message.Place))
        {
            Fault(ResumeFaultKind.OutOfOrder, $"{message}, which is before {_standing.At(message.Place)}");
        }
        else if (!_standing.MayHave(message))
        {
            Fault(ResumeFaultKind.OutOfOrder, $"{message}, of before the partition lost its end");
        }

        Pass(message);
        Pass(id);
    }

    /// <summary>Something that only says how far everything has been given: a heartbeat, or a position.</summary>
    public void Passed(string id) => Pass(id);

    public void Gap(string id, string reason)
    {
        _gaps[reason] = _gaps.GetValueOrDefault(reason) + 1;
        var position = TestPosition.Parse(id);
        if (reason == "too_large")
        {
            // The gap stands for the last message of one partition; in no other one is there such a message.
            var own = _standing.With(position, message => message.IsTooLarge, inEveryBranch: true)
                .Concat(_standing.With(position, IsLast, inEveryBranch: false)).Cast<ResumePlace?>().FirstOrDefault();
            var missed = _standing.Least(position, messages => messages.Where(message => message.IsTooLarge)
                .Sum(message => message.Place == own && IsLast(message) ? -1 : 1));
            var large = missed.Where(message => message.IsTooLarge).ToList();
            if (large.Count != 1)
            {
                Fault(ResumeFaultKind.UnjustifiedGap, $"too_large at {position.Text()}, where these are: {string.Join(", ", large)}");
            }

            _hasMessages = true;
            large.ForEach(message => _given.Add(message.Number));
            large.ForEach(Pass);
            Pass(id);
            return;

            bool IsLast(WrittenMessage message) => message.IsTooLarge && position.Places().Any(at => at.Place == message.Place && at.Next == message.Offset + 1);
        }

        if (reason is "too_much" or "busy" or "unknown_position" && _hasMessages)
        {
            Fault(ResumeFaultKind.LateGap, $"{reason} at {position.Text()}");
        }

        // What was put aside of a topic that was created again meanwhile cannot be counted from ids.
        var isOfAnother = reason == "too_much" && _standing.IsKnown && !position.Epochs().All(_standing.Knows);
        if (!isOfAnother && !IsLost(reason, position) && !(isJustified?.Invoke(reason, _standing.Most(position), _standing.Records(position)) ?? false))
        {
            Fault(ResumeFaultKind.UnjustifiedGap, $"{reason}, from {_standing} to {position.Text()}");
        }

        FindBack(position, isGap: true);
        _isUnreadable = false;
        _standing.Take(position, isAnew: true, isCut: reason == "log_truncated");
        ForgetWhatIsAhead();
        _ids.Add(id);
    }

    /// <summary>How many records, and how many bytes of its own messages, are between where it is and a node.</summary>
    public (long Records, long Bytes) Missing(Position node) =>
        (_standing.Records(node), _standing.Most(node).Sum(message => (long)message.Bytes + FrameBytes));

    /// <summary>Nothing comes any more: is anything missing?</summary>
    public IReadOnlyList<ResumeFault> End()
    {
        Outstanding().ToList().ForEach(message => Fault(ResumeFaultKind.Lost, $"{message}, from {_standing} on"));
        return _faults;
    }

    /// <summary>What it has not been given yet.</summary>
    public IEnumerable<WrittenMessage> Outstanding() => _standing.Outstanding();

    private bool IsLost(string reason, Position position) => reason switch
    {
        "retention" => position.Places().Any(at => truth.IsRemoved(at.Place, _standing.At(at.Place), at.Next, isResume: !_hasMessages)),
        "topic_recreated" => _standing.Epochs.Any(truth.IsDead),
        "log_truncated" => position.Places().Any(at => truth.IsCut(at.Place, _standing.At(at.Place), at.Next, isResume: !_hasMessages)),
        "busy" => truth.WasAway || position.Places().Any(at => truth.Cuts(at.Place).Any()),
        "unknown_position" => _isUnreadable,
        _ => false,
    };

    private void Pass(WrittenMessage message)
    {
        foreach (var skipped in _standing.Before(message))
        {
            Fault(ResumeFaultKind.Lost, $"{skipped}, before {message}");
        }

        _standing.Pass(message);
    }

    private void Pass(string id)
    {
        var position = TestPosition.Parse(id);
        foreach (var message in _standing.Least(position, messages => messages.Count))
        {
            Fault(ResumeFaultKind.IdSaysMore, $"{position.Text()} covers {message}");
        }

        FindBack(position);
        foreach (var epoch in position.Epochs().Except(_standing.Epochs))
        {
            Fault(ResumeFaultKind.IdSaysMore, $"{position.Text()} is of a topic that it was not told of, {epoch}");
        }

        _standing.Take(position, isAnew: false);
        _ids.Add(id);
    }

    private void FindBack(Position position, bool isGap = false)
    {
        foreach (var (place, next) in _standing.Places)
        {
            var named = position.Places().Where(named => named.Place == place).Select(named => named.Next).FirstOrDefault();
            var isCut = isGap && truth.Cuts(place).Any(cut => cut <= named);
            if (named < next && !isCut && position.Epochs().Contains(place.Epoch))
            {
                Fault(ResumeFaultKind.IdSaysLess, $"{position.Text()} is before {next} in {place.Partition}");
            }
        }
    }

    private void ForgetWhatIsAhead() =>
        _given.RemoveWhere(number => truth.Find(number) is { } message && message.Offset >= _standing.At(message.Place));

    private void Fault(ResumeFaultKind kind, string what) => _faults.Add(new ResumeFault(kind, name, what));
}
