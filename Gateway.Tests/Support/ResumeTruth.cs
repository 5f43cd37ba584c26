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
    private readonly Dictionary<ResumePlace, List<ResumeBranch>> _branches = [];
    private readonly Dictionary<ResumePlace, long> _first = [];
    private readonly Dictionary<long, WrittenMessage> _byNumber = [];
    private readonly HashSet<uint> _dead = [];
    private readonly HashSet<uint> _compacted = [];

    /// <summary>Whether the log was away for some time.</summary>
    public bool WasAway { get; set; }

    public int Count => _byNumber.Count;

    /// <summary>Notes a message; those of a partition in order.</summary>
    public void Write(WrittenMessage message)
    {
        BranchesOf(message.Place)[^1].Messages.Add(message);
        _byNumber.Add(message.Number, message);
    }

    /// <summary>Notes that the log has removed everything before an offset.</summary>
    public void Remove(ResumePlace place, long first) => _first[place] = first;

    /// <summary>Notes that the log has lost everything from an offset on. What is written next stands there.</summary>
    public void Cut(ResumePlace place, long end)
    {
        var branches = BranchesOf(place);
        branches.Add(new ResumeBranch(end, [.. branches[^1].Messages.TakeWhile(message => message.Offset < end)]));
    }

    /// <summary>Notes that the log removes messages of a source topic between others.</summary>
    public void Compact(uint epoch) => _compacted.Add(epoch);

    /// <summary>Notes that a source topic was deleted.</summary>
    public void Delete(uint epoch) => _dead.Add(epoch);

    public bool IsDead(uint epoch) => _dead.Contains(epoch);

    /// <summary>
    /// Whether something has been removed from one offset up to another; of what is compacted nothing shows what, so that it is not read
    /// again for a client that comes back.
    /// </summary>
    public bool IsRemoved(ResumePlace place, long from, long to, bool isResume) =>
        from < (_compacted.Contains(place.Epoch) && isResume ? to : Math.Min(to, First(place)));

    /// <summary>
    /// Whether a partition has lost what a client has; or what is up to where it goes on, if it comes back; or goes on where it was cut.
    /// </summary>
    public bool IsCut(ResumePlace place, long from, long to, bool isResume) => Cuts(place).Any(cut =>
        cut < from || (cut <= to && (isResume || to <= Math.Max(cut, First(place)))));

    public WrittenMessage? Find(long number) => _byNumber.GetValueOrDefault(number);

    /// <summary>A partition as it was before each time that it lost its end, and as it is now; one where it never did.</summary>
    public IReadOnlyList<ResumeBranch> Branches(ResumePlace place) => _branches.GetValueOrDefault(place) ?? [];

    /// <summary>Where a partition has lost its end.</summary>
    public IEnumerable<long> Cuts(ResumePlace place) => Branches(place).Skip(1).Select(branch => branch.Begin);

    /// <summary>The messages of some users that are after a place, of all source topics that are still there.</summary>
    public IEnumerable<WrittenMessage> After(IReadOnlyDictionary<ResumePlace, long> at, IReadOnlySet<string> users) => _branches
        .Where(each => !IsDead(each.Key.Epoch))
        .SelectMany(each => each.Value[^1].Between(at.GetValueOrDefault(each.Key), long.MaxValue, users));

    private long First(ResumePlace place) => _first.GetValueOrDefault(place);

    private List<ResumeBranch> BranchesOf(ResumePlace place)
    {
        if (!_branches.TryGetValue(place, out var branches))
        {
            _branches.Add(place, branches = [new ResumeBranch(0, [])]);
        }

        return branches;
    }
}

/// <summary>What a partition has had from one time that it lost its end to the next.</summary>
/// <param name="Begin">The offset from which on it differs from the branch before.</param>
/// <param name="Messages">Its messages, those of the branch before included.</param>
internal sealed record ResumeBranch(long Begin, List<WrittenMessage> Messages)
{
    private static readonly Comparer<WrittenMessage> ByOffset = Comparer<WrittenMessage>.Create((one, other) => one.Offset.CompareTo(other.Offset));

    /// <summary>The messages of some users from one offset up to another.</summary>
    public IEnumerable<WrittenMessage> Between(long from, long to, IReadOnlySet<string> users) => Messages
        .Skip(IndexOf(from)).TakeWhile(message => message.Offset < to).Where(message => users.Contains(message.User));

    public bool Has(WrittenMessage message) => Messages.ElementAtOrDefault(IndexOf(message.Offset)) == message;

    private int IndexOf(long offset)
    {
        var at = Messages.BinarySearch(new WrittenMessage(default, offset, "", 0), ByOffset);
        return at < 0 ? ~at : at;
    }
}
