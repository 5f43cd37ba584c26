using RigKafka.Log;

namespace RigKafka.Apis;

/// <summary>What became of a change that an operator asked for.</summary>
/// <param name="Kind">Which of the outcomes.</param>
/// <param name="Mistakes">Everything that is wrong with the definition, where it is invalid.</param>
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
