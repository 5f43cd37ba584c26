using RigKafka.Log;

namespace RigKafka.Apis;

/// <summary>The outcome of a change that an operator asked for.</summary>
/// <param name="Kind">Which outcome.</param>
/// <param name="Mistakes">All mistakes of an invalid definition.</param>
/// <param name="Written">What the table says of it.</param>
internal sealed record ApiChange(ApiChangeKind Kind, IReadOnlyList<string> Mistakes, AppendOutcome Written = AppendOutcome.Stored)
{
    public static ApiChange Of(ApiChangeKind kind) => new(kind, []);

    public static ApiChange NotStored(AppendOutcome outcome) => new(ApiChangeKind.NotStored, [], outcome);

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

    /// <summary>The table does not have it, or nobody knows.</summary>
    NotStored,
}
