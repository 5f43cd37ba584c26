using RigKafka.Log;

namespace RigKafka.Apis;

/// <summary>The outcome of a change that an operator asked for.</summary>
/// <param name="Kind">Which outcome.</param>
/// <param name="Mistakes">All mistakes of an invalid definition.</param>
internal sealed record ApiChange(ApiChangeKind Kind, IReadOnlyList<string> Mistakes)
{
    public static ApiChange Of(ApiChangeKind kind) => new(kind, []);

    public static ApiChange Of(AppendOutcome outcome) => Of(outcome switch
    {
        AppendOutcome.TooLarge => ApiChangeKind.TooLarge,
        AppendOutcome.NotStored => ApiChangeKind.NotStored,
        _ => ApiChangeKind.Undecided,
    });

    public static ApiChange Invalid(IReadOnlyList<string> mistakes) => new(ApiChangeKind.Invalid, mistakes);
}

/// <summary>The outcomes of a change of the definitions.</summary>
internal enum ApiChangeKind
{
    /// <summary>It is in force on this node, and on each other node as soon as that reads it.</summary>
    Done,

    /// <summary>There is an active definition with this id.</summary>
    Exists,

    /// <summary>There is no active definition with this id.</summary>
    Missing,

    /// <summary>The definition has mistakes.</summary>
    Invalid,

    /// <summary>The definition is larger than the table takes.</summary>
    TooLarge,

    /// <summary>The table does not have it.</summary>
    NotStored,

    /// <summary>The table may have it.</summary>
    Undecided,
}
