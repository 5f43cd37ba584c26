using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Messages;

namespace RigKafka.Transports;

/// <summary>The words that the metric of refused connections has for a reason.</summary>
internal static class RefusalReason
{
    public const string BadRequest = "bad_request";
    public const string NoChannels = "no_channels";
    public const string BadVersion = "bad_vsn";
    public const string Origin = "origin";
    public const string NoToken = "no_token";

    /// <summary>The node does not know yet who is on the blacklist.</summary>
    public const string BlacklistUnread = "blacklist_unread";

    /// <summary>The node has no place in the log yet: what is written meanwhile would be a hole that nobody is told of.</summary>
    public const string LogUnread = "log_unread";

    /// <summary>Every one there is. A token can be of another user than the connection only where there is a connection already.</summary>
    public static IEnumerable<string> All =>
    [
        BadRequest, NoChannels, BadVersion, Origin, NoToken, BlacklistUnread, LogUnread,
        Admission.TooMany, Admission.TooFast, Admission.AddressTooFast, UserConnections.TooMany, CloseReason.Shutdown.Name,
        .. Enum.GetValues<TokenRefusal>().Where(refusal => refusal != TokenRefusal.OtherUser).Select(refusal => refusal.Word()),
    ];
}
