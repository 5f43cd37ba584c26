using Microsoft.AspNetCore.Http.Features;

namespace RigKafka.Sessions;

/// <summary>A name that is the last part of a path.</summary>
internal static class RouteName
{
    /// <summary>The server leaves an encoded slash as it is, so that a path keeps its parts; in a name it stands for itself.</summary>
    public static string Last(HttpContext context, string parameter)
    {
        var name = (string)context.Request.RouteValues[parameter]!;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0].TrimEnd('/');
        var raw = target[(target.LastIndexOf('/') + 1)..];
        return raw.Contains("%2F", StringComparison.OrdinalIgnoreCase) ? Uri.UnescapeDataString(raw) : name;
    }
}
