using RigKafka.Auth;
using RigKafka.Http;

namespace RigKafka.Presence;

/// <summary>Whose a connection is, and what of it others may see.</summary>
/// <param name="Identity">Who it is.</param>
/// <param name="Address">The client's address, behind trusted proxies its real one; null when it is unknown.</param>
/// <param name="Device">The kind of device, such as <c>desktop</c>.</param>
/// <param name="Browser">The browser's name, such as <c>Firefox</c>.</param>
internal sealed record Visitor(Identity Identity, string? Address, string Device, string Browser)
{
    public static Visitor Of(HttpContext context, Identity identity)
    {
        var address = context.Connection.RemoteIpAddress;
        var userAgent = context.Request.Headers.UserAgent.ToString();
        return new Visitor(
            identity,
            address?.Plain().ToString(),
            UserAgent.Device(userAgent),
            UserAgent.Browser(userAgent));
    }
}
