using System.Globalization;

namespace RigKafka.Transports;

/// <summary>Why a connection is not let in.</summary>
/// <param name="Status">401 for the token, 503 for what may pass.</param>
/// <param name="Reason">The word for the metrics.</param>
internal sealed record Refused(int Status, string Reason)
{
    /// <summary>What a client that must wait reads, one line.</summary>
    public const string Text = "This node takes no more connections now; try again after the time in Retry-After.\n";

    /// <summary>Those who are turned away together should not come back together.</summary>
    public void Answer(HttpContext context)
    {
        if (Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = Random.Shared.Next(1, 6).ToString(CultureInfo.InvariantCulture);
        }
    }
}
