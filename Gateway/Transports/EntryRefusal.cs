using RigKafka.Auth;
using RigKafka.Connections;
using RigKafka.Delivery;
using RigKafka.Http;
using RigKafka.Messages;

namespace RigKafka.Transports;

/// <summary>Why a connection is not let in.</summary>
/// <param name="Status">401 for the token, 429 for a limit of the client's own, 503 for what may pass.</param>
/// <param name="Reason">The word for the metrics.</param>
/// <param name="Text">What the client reads, one line; empty for a token, of which the transports speak as the original did.</param>
internal sealed record EntryRefusal(int Status, string Reason, string Text)
{
    private const string Later = " Try again after the time in Retry-After.\n";

    /// <summary>When to come again. Those who are turned away together should not come back together.</summary>
    private readonly int _seconds = Random.Shared.Next(1, 6);

    /// <summary>The same, no earlier and to the millisecond.</summary>
    public int RetryMs => (_seconds * 1000) + Random.Shared.Next(1000);

    public bool IsForToken => Status == StatusCodes.Status401Unauthorized;

    public static EntryRefusal ForToken(string reason) => new(StatusCodes.Status401Unauthorized, reason, "");

    public static EntryRefusal ForTooMuch(string reason, string text) => new(StatusCodes.Status429TooManyRequests, reason, text + Later);

    public static EntryRefusal ForNow(string reason, string text) => new(StatusCodes.Status503ServiceUnavailable, reason, text + Later);

    /// <summary>Sets the status, and when to come again.</summary>
    public void Answer(HttpContext context)
    {
        context.Response.StatusCode = Status;
        if (!IsForToken)
        {
            context.Response.SetRetryAfter(_seconds);
        }
    }
}

/// <summary>Who was let in, or why the client was not: exactly one of the two.</summary>
internal readonly record struct Entered(Identity? Identity, EntryRefusal? Refusal)
{
    public static implicit operator Entered(EntryRefusal refusal) => new(null, refusal);
}

/// <summary>The words that the metric of refused connections has for a reason.</summary>
internal static class EntryRefusalWords
{
    public const string BadRequest = "bad_request";
    public const string NoChannels = "no_channels";
    public const string BadVersion = "bad_vsn";
    public const string Origin = "origin";
    public const string NoToken = "no_token";

    /// <summary>The node does not know yet who is on the blacklist.</summary>
    public const string BlacklistUnread = "blacklist_unread";

    /// <summary>The node has no place in the log yet: what is written meanwhile would be a hole of which no client is told.</summary>
    public const string LogUnread = "log_unread";

    /// <summary>The node has not read yet what the client has seen: it must come back.</summary>
    public const string Behind = Resumption.Behind;

    /// <summary>The node holds as many connections as it may.</summary>
    public const string MaxConnections = "max_connections";

    /// <summary>Too many came within a second.</summary>
    public const string ConnectRate = "connect_rate";

    /// <summary>Too many came from one address within a second.</summary>
    public const string AddressRate = "address_rate";

    /// <summary>The user has as many connections as a user may have.</summary>
    public const string UserConnections = "user_connections";

    /// <summary>All of them. A token can be of another user than the connection only where there is a connection already.</summary>
    public static IEnumerable<string> All =>
    [
        BadRequest, NoChannels, BadVersion, Origin, NoToken, BlacklistUnread, LogUnread, Behind,
        MaxConnections, ConnectRate, AddressRate, UserConnections, CloseReason.Shutdown.Name,
        .. Enum.GetValues<TokenRefusal>().Where(refusal => refusal != TokenRefusal.OtherUser).Select(refusal => refusal.Word()),
    ];
}
