namespace RigKafka.Tests.Support;

/// <summary>
/// Which branches of each partition a client may be given. Its node finds out late that a partition has lost its end, so that what comes
/// may be of before. A node that does not know yet may even read again what is new, and then go on with what was before: a gap follows.
/// But after what was before nothing new may come without that gap.
/// </summary>
internal sealed class ResumeBranches(ResumeTruth truth)
{
    private readonly Dictionary<ResumePlace, (int Oldest, int Newest)> _possible = [];

    /// <summary>A client goes on from here, in any branch.</summary>
    /// <param name="at">The places.</param>
    /// <param name="before">Where it was, if it was told of a cut: where that was behind it, its node goes on with what is new.</param>
    public void BeginAt(IReadOnlyDictionary<ResumePlace, long> at, IReadOnlyDictionary<ResumePlace, long>? before)
    {
        _possible.Clear();
        foreach (var (place, next) in at)
        {
            var branches = truth.Branches(place);
            var isCut = before is not null && next < before.GetValueOrDefault(place);
            var begun = Enumerable.Range(0, branches.Count).FirstOrDefault(branch => isCut && branch > 0 && branches[branch].Begin == next);
            _possible[place] = (begun, branches.Count - 1);
        }
    }

    /// <summary>Whether a message may come next; newer branches may not then.</summary>
    public bool MayHave(WrittenMessage message, long at)
    {
        var branches = truth.Branches(message.Place);
        var (oldest, newest) = Possible(message.Place, at);
        for (var branch = newest; branch >= oldest; branch--)
        {
            if (branches[branch].Has(message))
            {
                _possible[message.Place] = (oldest, branch);
                return true;
            }
        }

        return false;
    }

    /// <summary>The messages of some users before one that came, in the branch that it is of.</summary>
    public IEnumerable<WrittenMessage> Before(WrittenMessage message, long from, IReadOnlySet<string> users) =>
        truth.Branches(message.Place)[Math.Max(0, _possible.GetValueOrDefault(message.Place).Newest)].Between(from, message.Offset, users);

    /// <summary>
    /// The messages of some users from one offset up to another, in the newest branch in which they are least of something. Newer ones are no
    /// longer possible.
    /// </summary>
    public List<WrittenMessage> Between(
        ResumePlace place, long from, long to, IReadOnlySet<string> users, Func<List<WrittenMessage>, long> least)
    {
        var (oldest, newest) = Possible(place, from);
        var found = Enumerable.Range(oldest, newest - oldest + 1)
            .Select(branch => (Branch: branch, Messages: truth.Branches(place)[branch].Between(from, to, users).ToList()))
            .Reverse().ToList();
        if (found.Count == 0)
        {
            return [];
        }

        var best = found.MinBy(each => least(each.Messages));
        _possible[place] = (oldest, best.Branch);
        return best.Messages;
    }

    /// <summary>Whether there is a certain message from one offset up to another: in every branch that is possible, or in one at least.</summary>
    public bool Has(ResumePlace place, long from, long to, IReadOnlySet<string> users, Func<WrittenMessage, bool> such, bool inEvery)
    {
        var (oldest, newest) = Possible(place, from);
        var has = Enumerable.Range(oldest, newest - oldest + 1)
            .Select(branch => truth.Branches(place)[branch].Between(from, to, users).Any(such)).ToList();
        return has.Count > 0 && (inEvery ? !has.Contains(false) : has.Contains(true));
    }

    /// <summary>A branch that begins behind a client becomes possible for it when its node finds it, and it misses nothing by that.</summary>
    private (int Oldest, int Newest) Possible(ResumePlace place, long at)
    {
        var branches = truth.Branches(place);
        var (oldest, newest) = _possible.GetValueOrDefault(place, (0, -1));
        for (newest = Math.Max(newest, Math.Min(0, branches.Count - 1)); newest + 1 < branches.Count && at <= branches[newest + 1].Begin;)
        {
            newest++;
        }

        return (oldest, newest);
    }
}
