namespace RigKafka.Messages;

/// <summary>Why some bytes are not a message that can be delivered. The same kinds for a refused POST and for a poison record.</summary>
internal enum MessageFault
{
    None,

    /// <summary>There is no value: a Kafka tombstone.</summary>
    Tombstone,

    /// <summary>The bytes are not UTF-8 (RFC 3629).</summary>
    InvalidUtf8,

    /// <summary>The bytes are not one JSON value (RFC 8259).</summary>
    InvalidJson,

    /// <summary>The JSON is nested deeper than <see cref="Message.MaxDepth"/> levels.</summary>
    TooDeep,

    /// <summary>The JSON value is not an object.</summary>
    NotAnObject,

    /// <summary>The object has no user field.</summary>
    NoUser,

    /// <summary>The object has its user field more than once, so that two readers could disagree on whose it is.</summary>
    UserTwice,

    /// <summary>The user field is an object, an array, or a string that is not Unicode text.</summary>
    InvalidUser,

    /// <summary>The message would not fit an empty outbox. Only a back-end that writes to the log itself can make one.</summary>
    TooLarge,
}

/// <summary>The word for each kind of fault, for log lines and metrics.</summary>
internal static class MessageFaultWords
{
    public static string Word(this MessageFault fault) => fault switch
    {
        MessageFault.Tombstone => "tombstone",
        MessageFault.InvalidUtf8 => "invalid_utf8",
        MessageFault.InvalidJson => "invalid_json",
        MessageFault.TooDeep => "too_deep",
        MessageFault.NotAnObject => "not_an_object",
        MessageFault.NoUser => "no_user",
        MessageFault.UserTwice => "user_twice",
        MessageFault.InvalidUser => "invalid_user",
        MessageFault.TooLarge => "too_large",
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "Not a fault."),
    };
}
