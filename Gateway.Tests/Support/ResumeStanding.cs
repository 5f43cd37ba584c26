using RigKafka.Messages;

namespace RigKafka.Tests.Support;

/// <summary>How far a client has been given everything, and so what it has not been given yet.</summary>
internal sealed class ResumeStanding(ResumeTruth truth, IReadOnlySet<string> users)
{
    private readonly ResumeBranches _branches = new(truth);
    private Dictionary<ResumePlace, long> _at = [];

    /// <summary>Whether that is known: a client that has not said where it is wants nothing yet.</summary>
    public bool IsKnown { get; private set; }

    public IReadOnlyDictionary<ResumePlace, long> Places => _at;

    /// <summary>The incarnations of source topics that it knows.</summary>
    public IReadOnlySet<uint> Epochs { get; private set; } = new HashSet<uint>();

    public bool Knows(uint epoch) => Epochs.Contains(epoch);

    public long At(ResumePlace place) => _at.GetValueOrDefault(place);

    public void Forget() => (_at, Epochs, IsKnown) = ([], new HashSet<uint>(), false);

    /// <summary>It is where a position says.</summary>
    /// <param name="position">The position.</param>
    /// <param name="isAnew">Whether it may go on from there in what was there before or after the log lost its end.</param>
    /// <param name="isCut">Whether it was just told that the log lost its end.</param>
    public void Take(Position position, bool isAnew, bool isCut = false)
    {
        var before = _at;
        (_at, Epochs, IsKnown) = (position.Places().ToDictionary(at => at.Place, at => at.Next), position.Epochs().ToHashSet(), true);
        if (isAnew)
        {
            _branches.BeginAt(_at, isCut ? before : null);
        }
    }

    /// <summary>It has been given everything up to a message, and that one.</summary>
    public void Pass(WrittenMessage message)
    {
        if (IsKnown)
        {
            _at[message.Place] = Math.Max(At(message.Place), message.Offset + 1);
        }
    }

    /// <summary>Whether a message may follow what it was given, as far as the log has lost its end.</summary>
    public bool MayHave(WrittenMessage message) => _branches.MayHave(message, At(message.Place));

    /// <summary>What it has not been given before a message.</summary>
    public IEnumerable<WrittenMessage> Before(WrittenMessage message) => IsKnown ? _branches.Before(message, At(message.Place), users) : [];

    /// <summary>What it has not been given up to a position, by the branch in which that is least of something; it can be in no newer one then.</summary>
    public List<WrittenMessage> Least(Position position, Func<List<WrittenMessage>, long> least) => !IsKnown
        ? []
        : [.. position.Places().SelectMany(at => _branches.Between(at.Place, At(at.Place), at.Next, users, least))];

    /// <summary>The places with a certain message up to a position that it has not been given: in every branch that is possible for it, or in one.</summary>
    public IEnumerable<ResumePlace> With(Position position, Func<WrittenMessage, bool> such, bool inEveryBranch) => !IsKnown
        ? []
        : position.Places().Where(at => _branches.Has(at.Place, At(at.Place), at.Next, users, such, inEveryBranch)).Select(at => at.Place);

    /// <summary>The same where that is most.</summary>
    public List<WrittenMessage> Most(Position position) => !IsKnown
        ? []
        : [.. KnownPlaces(position).SelectMany(at => truth.Branches(at.Place)
            .Select(branch => branch.Between(At(at.Place), at.Next, users).ToList())
            .MaxBy(messages => messages.Sum(message => (long)message.Bytes)) ?? [])];

    /// <summary>How many offsets there are from where it is up to a position.</summary>
    public long Records(Position position) => KnownPlaces(position).Sum(at => Math.Max(0, at.Next - At(at.Place)));

    /// <summary>What there is that it has not been given.</summary>
    public IEnumerable<WrittenMessage> Outstanding() => IsKnown ? truth.After(_at, users) : [];

    public override string ToString() =>
        IsKnown ? string.Join(' ', _at.Select(at => $"{at.Key.Epoch}/{at.Key.Partition}/{at.Value}")) : "nowhere";

    private IEnumerable<(ResumePlace Place, long Next)> KnownPlaces(Position position) =>
        position.Places().Where(at => Knows(at.Place.Epoch));
}
