namespace RigKafka.Apis;

/// <summary>What a field of a record is taken from.</summary>
internal enum RecordFieldSource
{
    /// <summary>It is always the same.</summary>
    Value,

    /// <summary>A header of the request.</summary>
    Header,

    /// <summary>A claim of the token that the request was let in with.</summary>
    Claim,
}
