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
    private readonly List<ResumeFault> _faults = [];
    private readonly List<string> _ids = [];
    private readonly HashSet<long> _given = [];
    private readonly Dictionary<string, int> _gaps = [];
    private Dictionary<ResumePlace, long>? _at;
    private HashSet<uint> _epochs = [];
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
            _at = null;
            _given.Clear();
            return;
        }

        Take(position!);
        _given.RemoveWhere(number => truth.Find(number) is { } message && message.Offset >= At(message.Place));
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
            Take(Parse(id!));
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

        if (!_epochs.Contains(message.Place.Epoch))
        {
            Fault(ResumeFaultKind.Lost, $"{message} is of a topic that it was not told of");
        }

        if (!_given.Add(number))
        {
            Fault(ResumeFaultKind.Twice, $"{message}");
        }
        else if (message.Offset < At(message.Place))
        {
            Fault(ResumeFaultKind.OutOfOrder, $"{message}, which is before {At(message.Place)}");
        }

        Pass(message);
        Pass(id);
    }

    /// <summary>Something that only says how far everything has been given: a heartbeat, or a position.</summary>
    public void Passed(string id) => Pass(id);

    public void Gap(string id, string reason)
    {
        _gaps[reason] = _gaps.GetValueOrDefault(reason) + 1;
        var position = Parse(id);
        var missed = Missed(position).ToList();
        if (reason == "too_large")
        {
            var large = missed.Where(message => message.IsTooLarge).ToList();
            if (large.Count != 1)
            {
                Fault(ResumeFaultKind.UnjustifiedGap, $"too_large at {Text(position)}, where these are: {string.Join(", ", large)}");
            }

            _hasMessages = true;
            large.ForEach(message => _given.Add(message.Number));
            large.ForEach(Pass);
            Pass(id);
            return;
        }

        if (reason is "too_much" or "busy" or "unknown_position" && _hasMessages)
        {
            Fault(ResumeFaultKind.LateGap, $"{reason} at {Text(position)}");
        }

        // What was put aside of a topic that was created again meanwhile cannot be counted from ids.
        var isOfAnother = reason == "too_much" && _at is not null && Epochs(position).Except(_at.Keys.Select(place => place.Epoch)).Any();
        if (!isOfAnother && !IsLost(reason, position) && !(isJustified?.Invoke(reason, missed, Records(position)) ?? false))
        {
            Fault(ResumeFaultKind.UnjustifiedGap, $"{reason}, from {Text()} to {Text(position)}");
        }

        FindBack(position);
        _isUnreadable = false;
        Take(position);
        _ids.Add(id);
    }

    /// <summary>Nothing comes any more: is anything missing?</summary>
    public IReadOnlyList<ResumeFault> End()
    {
        Outstanding().ToList().ForEach(message => Fault(ResumeFaultKind.Lost, $"{message}, from {Text()} on"));
        return _faults;
    }

    /// <summary>What it has not been given yet.</summary>
    public IEnumerable<WrittenMessage> Outstanding() => _at is null ? [] : truth.After(_at, users);

    private bool IsLost(string reason, Position position) => reason switch
    {
        "retention" => Places(position).Any(place => At(place.Place) < Math.Min(place.Next, truth.First(place.Place))),
        "topic_recreated" => _epochs.Any(truth.IsDead),
        "busy" => truth.WasAway,
        "unknown_position" => _isUnreadable,
        _ => false,
    };

    private void Pass(WrittenMessage message)
    {
        foreach (var skipped in truth.Between(message.Place, At(message.Place), message.Offset, users))
        {
            Fault(ResumeFaultKind.Lost, $"{skipped}, before {message}");
        }

        _at?[message.Place] = Math.Max(At(message.Place), message.Offset + 1);
    }

    private void Pass(string id)
    {
        var position = Parse(id);
        foreach (var message in Missed(position))
        {
            Fault(ResumeFaultKind.IdSaysMore, $"{Text(position)} covers {message}");
        }

        FindBack(position);
        foreach (var epoch in Epochs(position).Except(_epochs))
        {
            Fault(ResumeFaultKind.IdSaysMore, $"{Text(position)} is of a topic that it was not told of, {epoch}");
        }

        Take(position);
        _ids.Add(id);
    }

    private void FindBack(Position position)
    {
        foreach (var (place, next) in _at ?? [])
        {
            var named = Places(position).Where(named => named.Place == place).Select(named => named.Next).FirstOrDefault();
            if (named < next && Epochs(position).Contains(place.Epoch))
            {
                Fault(ResumeFaultKind.IdSaysLess, $"{Text(position)} is before {next} in {place.Partition}");
            }
        }
    }

    private IEnumerable<WrittenMessage> Missed(Position position) => _at is null
        ? []
        : Places(position).SelectMany(place => truth.Between(place.Place, At(place.Place), place.Next, users));

    private long Records(Position position) => Places(position).Sum(place => Math.Max(0, place.Next - At(place.Place)));

    private long At(ResumePlace place) => _at?.GetValueOrDefault(place) ?? 0;

    private void Take(Position position)
    {
        _at = Places(position).ToDictionary(place => place.Place, place => place.Next);
        _epochs = [.. Epochs(position)];
    }

    private string Text() => _at is null ? "nowhere" : string.Join(' ', _at.Select(at => $"{at.Key.Epoch}/{at.Key.Partition}/{at.Value}"));

    private void Fault(ResumeFaultKind kind, string what) => _faults.Add(new ResumeFault(kind, name, what));

    private static string Text(Position position) =>
        string.Join(' ', Places(position).Select(at => $"{at.Place.Epoch}/{at.Place.Partition}/{at.Next}"));

    private static IEnumerable<uint> Epochs(Position position) => Enumerable.Range(0, position.SourceTopicCount).Select(position.Epoch);

    private static IEnumerable<(ResumePlace Place, long Next)> Places(Position position) =>
        Enumerable.Range(0, position.SourceTopicCount).SelectMany(index => position.Offsets(index).ToArray()
            .Select((next, partition) => (new ResumePlace(position.Epoch(index), partition), next)));

    private static Position Parse(string id) => Position.TryParse(Encoding.ASCII.GetBytes(id), out var position)
        ? position
        : throw new FormatException($"Not an id: {id}");
}
