namespace RigKafka.Proxy;

/// <summary>Why the gateway ended a call of its own accord.</summary>
internal enum CallEnd
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The service did not answer in time.</summary>
    TooSlow,

    /// <summary>The time of the call's token is over.</summary>
    TokenExpired,

    /// <summary>The session of the call's token was ended.</summary>
    SessionEnded,

    /// <summary>The node stops, and its time for that is over.</summary>
    Stopping,
}
