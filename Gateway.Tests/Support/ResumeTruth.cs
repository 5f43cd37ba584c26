namespace RigKafka.Tests.Support;

/// <summary>A message that the log was given, and where it stands.</summary>
/// <param name="Place">Its partition.</param>
/// <param name="Offset">Its offset.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Number">Its number, which is in its text; no other message has it.</param>
/// <param name="Bytes">How large it is.</param>
/// <param name="IsTooLarge">Whether it fits no outbox, so that its listeners are told <c>too_large</c> instead.</param>
internal sealed record WrittenMessage(ResumePlace Place, long Offset, string User, long Number, int Bytes = 0, bool IsTooLarge = false)
{
    public override string ToString() => $"{User} {Number} at {Place.Epoch}/{Place.Partition}/{Offset}";
}

/// <summary>A partition of one incarnation of a source topic.</summary>
internal readonly record struct ResumePlace(uint Epoch, int Partition);

/// <summary>What the log was given, and what it has lost: by this the history checker judges what clients were given.</summary>
internal sealed class ResumeTruth
{
    private readonly Dictionary<ResumePlace, List<WrittenMessage>> _messages = [];
    private readonly Dictionary<ResumePlace, long> _first = [];
    private readonly Dictionary<long, WrittenMessage> _byNumber = [];
    private readonly HashSet<uint> _dead = [];

    /// <summary>Whether the log was away for some time.</summary>
    public bool WasAway { get; set; }

    public int Count => _byNumber.Count;

    /// <summary>Notes a message; those of a partition in order.</summary>
    public void Write(WrittenMessage message)
    {
        if (!_messages.TryGetValue(message.Place, out var messages))
        {
            _messages.Add(message.Place, messages = []);
        }

        messages.Add(message);
        _byNumber.Add(message.Number, message);
    }

    /// <summary>Notes that the log has removed everything before an offset.</summary>
    public void Remove(ResumePlace place, long first) => _first[place] = first;

    /// <summary>Notes that a source topic was deleted.</summary>
    public void Delete(uint epoch) => _dead.Add(epoch);

    public bool IsDead(uint epoch) => _dead.Contains(epoch);

    public long First(ResumePlace place) => _first.GetValueOrDefault(place);

    public WrittenMessage? Find(long number) => _byNumber.GetValueOrDefault(number);

    /// <summary>The messages of some users in a partition, from one offset up to another.</summary>
    public IEnumerable<WrittenMessage> Between(ResumePlace place, long from, long to, IReadOnlySet<string> users)
    {
        if (!_messages.TryGetValue(place, out var messages))
        {
            return [];
        }

        var at = messages.BinarySearch(
            new WrittenMessage(place, from, "", 0), Comparer<WrittenMessage>.Create((one, other) => one.Offset.CompareTo(other.Offset)));
        return messages.Skip(at < 0 ? ~at : at).TakeWhile(message => message.Offset < to).Where(message => users.Contains(message.User));
    }

    /// <summary>The messages of some users that are after a place, of all source topics that are still there.</summary>
    public IEnumerable<WrittenMessage> After(IReadOnlyDictionary<ResumePlace, long> at, IReadOnlySet<string> users) =>
        _messages.Keys.Where(place => !IsDead(place.Epoch)).SelectMany(place => Between(place, at.GetValueOrDefault(place), long.MaxValue, users));
}
