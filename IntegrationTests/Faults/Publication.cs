using RigKafka.Log;

namespace RigKafka.IntegrationTests.Faults;

/// <summary>One message of a user and what its publisher was told, once for each POST of it.</summary>
internal sealed record Publication(string User, int Number, IReadOnlyList<AppendOutcome> Answers)
{
    public bool HasToArrive => Answers.Contains(AppendOutcome.Stored);

    public bool MayNotArrive => Answers.All(answer => answer == AppendOutcome.NotStored);

    /// <summary>Only where nobody knew, and the publisher chose to repeat it.</summary>
    public bool MayArriveTwice => Answers.Contains(AppendOutcome.Unknown);
}
