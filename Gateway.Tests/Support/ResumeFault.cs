namespace RigKafka.Tests.Support;

/// <summary>What can be wrong with what a client was given.</summary>
internal enum ResumeFaultKind
{
    /// <summary>A message never came, and no gap told so before.</summary>
    Lost,

    /// <summary>A message came again.</summary>
    Twice,

    /// <summary>A message came after a later one of its partition.</summary>
    OutOfOrder,

    /// <summary>A message of another user, or of nobody.</summary>
    OfOthers,

    /// <summary>A gap, though nothing was lost.</summary>
    UnjustifiedGap,

    /// <summary>The gap of a resume came after a message.</summary>
    LateGap,

    /// <summary>A client that comes back with this id would miss something.</summary>
    IdSaysMore,

    /// <summary>A client that comes back with this id would be given something again.</summary>
    IdSaysLess,
}

/// <summary>Something that is wrong with what a client was given.</summary>
internal sealed record ResumeFault(ResumeFaultKind Kind, string Client, string What)
{
    public override string ToString() => $"{Client}: {Kind}: {What}";
}
