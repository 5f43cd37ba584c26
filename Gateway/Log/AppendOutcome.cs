namespace RigKafka.Log;

/// <summary>What became of an append.</summary>
internal enum AppendOutcome
{
    /// <summary>The log has it.</summary>
    Stored,

    /// <summary>The log does not have it and will not get it.</summary>
    NotStored,

    /// <summary>The log may have it: the answer did not come in time.</summary>
    Unknown,

    /// <summary>It is larger than the log takes, and always will be.</summary>
    TooLarge,
}

/// <summary>The outcomes as metrics and spans have them.</summary>
internal static class AppendOutcomeWords
{
    public static string Word(this AppendOutcome outcome) => outcome switch
    {
        AppendOutcome.Stored => "stored",
        AppendOutcome.NotStored => "not_stored",
        AppendOutcome.TooLarge => "too_large",
        _ => "unknown",
    };
}
