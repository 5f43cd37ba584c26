namespace RigKafka.Apis;

/// <summary>What can become of a change of the definitions.</summary>
internal enum ApiChangeKind
{
    /// <summary>It is in force on this node, and on the others as soon as they read it.</summary>
    Done,

    /// <summary>There is an active definition with this id.</summary>
    Exists,

    /// <summary>There is no active definition with this id.</summary>
    Missing,

    /// <summary>It is no definition.</summary>
    Invalid,

    /// <summary>It is larger than the table takes.</summary>
    TooLarge,

    /// <summary>The table does not have it.</summary>
    NotStored,

    /// <summary>The table may have it.</summary>
    Undecided,
}
