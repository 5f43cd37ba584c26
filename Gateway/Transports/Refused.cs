using System.Globalization;

namespace RigKafka.Transports;

/// <summary>Why a connection is not let in.</summary>
/// <param name="Status">401 for the token, 429 for a limit of the client's own, 503 for what may pass.</param>
/// <param name="Reason">The word for the metrics.</param>
/// <param name="Text">What the client reads, one line; empty for a token, of which the transports speak as the original did.</param>
internal sealed record Refused(int Status, string Reason, string Text)
{
    private const string Later = " Try again after the time in Retry-After.\n";

    /// <summary>When to come again. Those who are turned away together should not come back together.</summary>
    private readonly int _seconds = Random.Shared.Next(1, 6);

    /// <summary>The same, no earlier and to the millisecond.</summary>
    public int RetryMs => (_seconds * 1000) + Random.Shared.Next(1000);

    public bool IsForToken => Status == StatusCodes.Status401Unauthorized;

    public static Refused ForToken(string reason) => new(StatusCodes.Status401Unauthorized, reason, "");

    public static Refused ForTooMuch(string reason, string text) => new(StatusCodes.Status429TooManyRequests, reason, text + Later);

    public static Refused ForNow(string reason, string text) => new(StatusCodes.Status503ServiceUnavailable, reason, text + Later);

    /// <summary>Sets the status, and when to come again.</summary>
    public void Answer(HttpContext context)
    {
        context.Response.StatusCode = Status;
        if (!IsForToken)
        {
            context.Response.Headers.RetryAfter = _seconds.ToString(CultureInfo.InvariantCulture);
        }
    }
}
