namespace RigKafka.Messages;

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
