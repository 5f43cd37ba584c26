namespace RigKafka.Log;

/// <summary>Why the topic of a table is read from its beginning.</summary>
internal enum TableReading
{
    /// <summary>For the first time.</summary>
    AtStart,

    /// <summary>It was deleted and created again.</summary>
    Recreated,

    /// <summary>It has lost its end.</summary>
    Truncated,

    /// <summary>This node did not read for so long that removals may be gone from the topic which it has not seen.</summary>
    AfterAbsence,
}
